/** RabbitMQ's management API, as far as tests and benchmarks use it. */
export class RabbitmqManagement {
  readonly #url: URL;

  /** @param url with the login: `http://guest:guest@127.0.0.1:15672` */
  constructor(url: string) {
    this.#url = new URL(url);
  }

  /**
   * @returns the answer's body; 404 is an answer too
   * @throws {Error} for any other answer that is not 2xx
   */
  async request(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
    const { origin, username, password } = this.#url;
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok && response.status !== 404)
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }

  /**
   * Open connections to a virtual host.
   * @param connectionName only those of clients that call themselves so
   */
  async connections(vhost: string, connectionName?: string): Promise<string[]> {
    const { body } = await this.request('GET', `/api/vhosts/${encodeURIComponent(vhost)}/connections`);
    const connections = body as { name: string; user_provided_name?: string }[];
    return connections
      .filter((each) => connectionName === undefined || each.user_provided_name === connectionName)
      .map(({ name }) => name);
  }

  /** Ends a connection as an operator would. @returns whether there was one */
  async closeConnection(name: string): Promise<boolean> {
    return (await this.request('DELETE', `/api/connections/${encodeURIComponent(name)}`)).status !== 404;
  }
}
