/** What the owner asks of its keeper. Each is answered by one {@link Answer} with the same id. */
export type Request = { id: number } & (
  | { kind: 'run'; key: string; spec: RunSpec }
  | { kind: 'end'; key: string; signal: NodeJS.Signals; graceMs: number }
  | { kind: 'own'; folder: string }
  | { kind: 'remove'; folder: string }
  | { kind: 'undertake'; key: string; command: string[] }
  | { kind: 'release'; key: string }
);

export type Answer = { id: number; pid?: number; error?: string };

/** The process of that key is gone. */
export interface Exited {
  exited: string;
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface RunSpec {
  command: string;
  args: string[];
  cwd?: string;
  /** The whole environment of the process; the owner's own unless given. */
  env?: NodeJS.ProcessEnv;
  /** Standard output and standard error go here. */
  logFile: string;
}
