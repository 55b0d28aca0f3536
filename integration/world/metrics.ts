/** The value of the first sample that begins so, in the text of `/metrics`: its name, and labels as far as they matter. */
export function sampleIn(text: string, beginning: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(beginning));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}
