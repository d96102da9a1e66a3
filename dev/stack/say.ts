/** Takes one line of progress; where it goes is the caller's choice. */
export type Say = (line: string) => void;

/** To standard error, so that a command's own output stays clean. */
export const sayOnStderr: Say = (line) => {
  process.stderr.write(`  stack: ${line}\n`);
};
