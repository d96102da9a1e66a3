import { manageNewSpace } from '../base/new-space.ts';
import { tolerateClosedOutput } from './closed-output.ts';

/** What every command wants of its process; done once, before the first of them runs. */
export function prepareProcess(): void {
  tolerateClosedOutput([process.stdout, process.stderr]);
  manageNewSpace();
}
