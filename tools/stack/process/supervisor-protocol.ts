/** A request from the owner to its supervisor, which replies with one {@link Response} of the same id. */
export type Request = { id: number } & (
  | { kind: 'run'; key: string; spec: RunSpec }
  | { kind: 'end'; key: string; signal: NodeJS.Signals; graceMs: number }
  | { kind: 'removeOnExit'; folder: string }
  | { kind: 'remove'; folder: string }
  | { kind: 'runOnExit'; key: string; command: string[] }
  | { kind: 'cancelOnExit'; key: string }
);

export type Response = { id: number; pid?: number; error?: string };

/** Notification: the process with this key has exited. */
export interface ExitNotice {
  exited: string;
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface RunSpec {
  command: string;
  args: string[];
  cwd?: string;
  /** The whole environment of the process. @default the owner's environment */
  env?: NodeJS.ProcessEnv;
  /** Receives standard output and standard error. */
  logFile: string;
}
