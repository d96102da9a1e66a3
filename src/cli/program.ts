import { Command } from 'commander';
import type { SetExitCode } from './common-options.ts';
import { version } from './version.ts';
import { addCaseTest } from './case-test.ts';
import { addCompletion } from './completion.ts';
import { addDeliveries } from './deliveries.ts';
import { addDlq } from './dlq.ts';
import { addHelp } from './examples.ts';
import { addExplain } from './explain.ts';
import { addLint } from './lint.ts';
import { addRecall } from './recall.ts';
import { addMedia } from './media.ts';
import { addPause } from './pause.ts';
import { addRender } from './render.ts';
import { addReplay } from './replay.ts';
import { addRun } from './run.ts';
import { addSend } from './send.ts';
import { addStatus } from './status.ts';
import { addSimulator } from './simulator.ts';
import { addUser } from './user.ts';

/** Every command; each has a file of its own. */
export function createProgram(setExitCode: SetExitCode): Command {
  const program = new Command('dingbus')
    .description(
      'Turns domain events on Kafka into DingTalk work notifications and follows each to its outcome.',
    )
    .version(version())
    .option('-c, --config <path>', 'dingbus.yaml, or the folder that holds it', 'config')
    .option('--json', 'print JSON instead of text', false)
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(dingbus --help lists the commands)')
    .exitOverride();
  addRun(program, setExitCode);
  addLint(program, setExitCode);
  addCaseTest(program, setExitCode);
  addExplain(program, setExitCode);
  addRender(program, setExitCode);
  addReplay(program, setExitCode);
  addStatus(program, setExitCode);
  addDeliveries(program, setExitCode);
  addRecall(program, setExitCode);
  addPause(program, setExitCode);
  addDlq(program, setExitCode);
  addSend(program, setExitCode);
  addMedia(program, setExitCode);
  addUser(program, setExitCode);
  addSimulator(program, setExitCode);
  addCompletion(program);
  addHelp(program);
  return program;
}
