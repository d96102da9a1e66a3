import { Command } from 'commander';
import type { SetExitCode } from './common-options.ts';
import { addHelp } from './examples.ts';
import { version } from './version.ts';

type Add = (program: Command, setExitCode: SetExitCode) => void;

/** Every command in the order of the help; each has a file of its own, and `pause` and `resume` share one. */
const commands: readonly (readonly [names: readonly string[], load: () => Promise<Add>])[] = [
  [['run'], async () => (await import('./run.ts')).addRun],
  [['lint'], async () => (await import('./lint.ts')).addLint],
  [['test'], async () => (await import('./case-test.ts')).addCaseTest],
  [['explain'], async () => (await import('./explain.ts')).addExplain],
  [['render'], async () => (await import('./render.ts')).addRender],
  [['replay'], async () => (await import('./replay.ts')).addReplay],
  [['status'], async () => (await import('./status.ts')).addStatus],
  [['deliveries'], async () => (await import('./deliveries.ts')).addDeliveries],
  [['recall'], async () => (await import('./recall.ts')).addRecall],
  [['pause', 'resume'], async () => (await import('./pause.ts')).addPause],
  [['dlq'], async () => (await import('./dlq.ts')).addDlq],
  [['send'], async () => (await import('./send.ts')).addSend],
  [['media'], async () => (await import('./media.ts')).addMedia],
  [['user'], async () => (await import('./user.ts')).addUser],
  [['simulator'], async () => (await import('./simulator.ts')).addSimulator],
  [['completion'], async () => (await import('./completion.ts')).addCompletion],
];
/** These tell of all commands. */
const tellOfAll = ['help', '--help', '-h', 'completion'];

/**
 * The program for a command line. Loading takes longer than most commands do, so only those that the line names are
 * there; all of them, where it names none or asks for help before it does.
 */
export async function createProgram(args: readonly string[], setExitCode: SetExitCode): Promise<Command> {
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
  const named = commands.filter(([names]) => names.some((name) => args.includes(name)));
  const first = args.find(
    (arg) => tellOfAll.includes(arg) || commands.some(([names]) => names.includes(arg)),
  );
  const wanted = first === undefined || tellOfAll.includes(first) ? commands : named;
  for (const [, load] of wanted) (await load())(program, setExitCode);
  addHelp(program);
  return program;
}
