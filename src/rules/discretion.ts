import { maskMobile } from '../base/sensitive.ts';

/**
 * Messages about events reach logs, results and dead letters. What an event says is left out of them as far as
 * possible; where a name out of an event must be told, long numbers in it are masked, since they may be mobiles.
 */
export function discreet(message: string): string {
  return message.replace(/\d{7,}/g, maskMobile);
}
