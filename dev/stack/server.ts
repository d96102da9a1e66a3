/** One server, to be stopped and started again by tests that want to see what its absence does. */
export interface Server {
  /** False when its address was given: it is not ours, and stop, start and kill throw. */
  readonly managed: boolean;
  /** The process id while it runs as a process of this machine, else null. */
  readonly pid: number | null;
  /** Ends it in an orderly way; port and data stay its own. */
  stop(): Promise<void>;
  /** Starts it again on the same port with the same data; resolves when it answers. */
  start(): Promise<void>;
  /** Ends it as `kill -9` does. */
  kill(): Promise<void>;
}

/** What a way of running servers gives: the addresses and how to end everything. */
export interface Started {
  readonly kafka: { readonly server: Server; readonly brokers: string } | null;
  readonly registry: { readonly server: Server; readonly url: string } | null;
  readonly logFolder: string | null;
  stop(): Promise<void>;
}

/** Which of the two servers have to be started. */
export interface Wanted {
  readonly kafka: boolean;
  readonly registry: boolean;
}
