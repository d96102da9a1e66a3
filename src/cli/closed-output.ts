/**
 * A reader that has seen enough (`dingbus lint | head`) closes the pipe. That is its choice and no fault: what is
 * written from then on goes nowhere, the command still finishes its work, and its exit code says how that went.
 */
export function tolerateClosedOutput(streams: readonly NodeJS.WritableStream[]): void {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/** Whether somebody still reads standard output; long commands stop when nobody does. */
export function isOutputRead(): boolean {
  return process.stdout.writable;
}
