/** Exit codes of every command: good, found faults, used wrongly. */
export const exitCodes = { good: 0, faults: 1, usage: 2 } as const;
