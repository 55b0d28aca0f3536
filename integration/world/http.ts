import { expectDocumented } from './documented.ts';

export interface Answer {
  status: number;
  headers: Headers;
  // Tests look into it freely; what is wrong with it shows in their assertions.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

/** Every answer of a service that has an OpenAPI document is compared with it. */
export async function request(
  url: string,
  options: { method?: string; json?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const method = options.method ?? (options.json === undefined ? 'GET' : 'POST');
  const response = await fetch(url, {
    method,
    headers: {
      ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.json === undefined ? {} : { body: JSON.stringify(options.json) }),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  const contentType = response.headers.get('content-type') ?? '';
  expectDocumented(new URL(url), method, { status: response.status, contentType, text });
  const isJson = /json/.test(contentType);
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : text,
  };
}
