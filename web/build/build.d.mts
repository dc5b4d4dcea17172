// For the tests, which are TypeScript.

export interface Built {
  readonly files: Map<string, Buffer>
  readonly first: string[]
}
export function build(options: { out: string; entry?: string; style?: string; version?: string }): Promise<Built>
