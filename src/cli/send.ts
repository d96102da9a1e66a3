import type { Command } from 'commander';
import { createInterface } from 'node:readline/promises';
import { Mobile } from '../base/sensitive.ts';
import { checkAudience } from '../dingtalk/audience-check.ts';
import type { DingTalkClient, SendAudience } from '../dingtalk/client-types.ts';
import { callLimits } from '../dingtalk/limits.ts';
import type { MessageFault } from '../dingtalk/message-fault.ts';
import { canonicalMessage, checkMessage, type DingTalkMessage } from '../dingtalk/messages.ts';
import type { SendResult } from '../dingtalk/outcomes.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { exitCodes } from './exit-codes.ts';
import { printJson } from './loading.ts';
import { printCallError, withClient } from './one-off.ts';
import { readMessage, type MessageOptions } from './send-message.ts';
import { uploadFiles } from './send-uploads.ts';

interface SendOptions extends MessageOptions {
  readonly app: string;
  readonly toUserids: readonly string[];
  readonly toMobiles: readonly string[];
  readonly toDepts: readonly string[];
  readonly toAll: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
}

export function addSend(program: Command, setExitCode: SetExitCode): void {
  program
    .command('send')
    .description(
      'send one message now, outside the rules: no event, no ledger, no result; prints the task id',
    )
    .option('--app <name>', 'app of the configuration that sends', 'default')
    .option('--to-userids <list>', 'userids, with commas between', commas, [])
    .option('--to-mobiles <list>', 'mobile numbers, looked up first', commas, [])
    .option('--to-depts <list>', 'department ids, with their sub-departments', commas, [])
    .option('--to-all', 'everyone; asks first', false)
    .option('--text <content>', 'a text message')
    .option('--markdown <text>', 'a markdown message; needs --title')
    .option('--title <title>', 'title of --markdown')
    .option('--image <file>', 'an image message: a file to upload, or a media id')
    .option('--file <file>', 'a file message: a file to upload, or a media id')
    .option('--message <file>', 'JSON of any type, {"msgtype": …}; - reads standard input')
    .option('-t, --template <name>', 'a template of the configuration; needs --event')
    .option('-e, --event <file>', 'the event for --template; - reads standard input')
    .option('--dry-run', 'show message, bytes and faults; call nobody', false)
    .option('-y, --yes', 'do not ask before --to-all', false)
    .action(async (options: SendOptions, command: Command) => {
      setExitCode(await send(options, command));
    });
}

function send(options: SendOptions, command: Command): Promise<number> {
  const { json } = commonOptions(command);
  checkRecipients(options, command);
  return withClient(command, options.app, async ({ active, client }) => {
    const read = readMessage(options, active, command);
    if (read.kind === 'failure') {
      process.stderr.write(`${read.message}\n`);
      return exitCodes.faults;
    }
    const { message, faults, warnings } = checkMessage(read.message);
    const canonical = message === null ? null : canonicalMessage(message);
    const planned = audiencesOf(options, options.toUserids);
    const wrong = planned.flatMap((audience) => checkAudience(audience, canonical?.statusBar === true));
    const allFaults = [...faults, ...wrong];
    if (!json) for (const each of [...allFaults, ...warnings]) printFault(each, warnings.includes(each));
    if (options.dryRun || message === null || allFaults.length > 0) {
      const { body, bytes } = canonical ?? { body: null, bytes: null };
      if (json)
        printJson({
          message: body === null ? null : (JSON.parse(body) as unknown),
          bytes,
          faults: allFaults,
          warnings,
        });
      else if (canonical !== null) {
        process.stdout.write(
          `${canonical.body}\n${canonical.bytes} of ${callLimits.messageBytes.value} bytes\n`,
        );
      }
      return allFaults.length === 0 ? exitCodes.good : exitCodes.faults;
    }
    if (options.toAll && !options.yes && !(await confirmed(command))) return exitCodes.faults;
    // What a template names lies beside dingbus.yaml, what the command line names lies where it is typed.
    const folder = options.template === undefined ? process.cwd() : active.config.baseDir;
    return deliver(client, options, { message, folder }, json);
  });
}

async function deliver(
  client: DingTalkClient,
  options: SendOptions,
  { message, folder }: { readonly message: DingTalkMessage; readonly folder: string },
  json: boolean,
): Promise<number> {
  const userids = new Set(options.toUserids);
  for (const mobile of options.toMobiles.map((text) => new Mobile(text))) {
    const found = await client.lookupMobile(mobile);
    if (found.kind === 'found') userids.add(found.userid);
    else {
      process.stderr.write(`${String(mobile)}: nothing was sent\n`);
      printCallError(found.error);
      return exitCodes.faults;
    }
  }
  const uploaded = await uploadFiles(client, canonicalMessage(message).body, folder);
  if (uploaded.kind === 'failed') {
    printCallError(uploaded.error);
    return exitCodes.faults;
  }
  const sent: { readonly audience: SendAudience; readonly result: SendResult }[] = [];
  for (const audience of audiencesOf(options, [...userids])) {
    const result = await client.send({ audience, body: uploaded.body, people: null });
    sent.push({ audience, result });
    if (!json) printResult(audience, result);
  }
  if (json) printJson({ sent });
  return sent.every(({ result }) => result.kind === 'accepted') ? exitCodes.good : exitCodes.faults;
}

/** One call each for people, departments, and everyone. */
function audiencesOf(options: SendOptions, userids: readonly string[]): SendAudience[] {
  const audiences: SendAudience[] = [];
  if (userids.length > 0) audiences.push({ kind: 'users', userids });
  if (options.toDepts.length > 0)
    audiences.push({ kind: 'departments', deptIds: options.toDepts.map(Number) });
  if (options.toAll) audiences.push({ kind: 'everyone' });
  return audiences;
}

function checkRecipients(options: SendOptions, command: Command): void {
  const refuse = (text: string): never => command.error(`error: ${text}`, { exitCode: exitCodes.usage });
  const named = options.toUserids.length + options.toMobiles.length + options.toDepts.length;
  if (options.toAll && named > 0) refuse('--to-all stands alone');
  if (!options.toAll && named === 0 && !options.dryRun) {
    refuse('name somebody: --to-userids, --to-mobiles, --to-depts or --to-all');
  }
}

/** A message to everyone cannot be taken for a slip of the hand. */
async function confirmed(command: Command): Promise<boolean> {
  if (!process.stdin.isTTY) {
    return command.error('error: --to-all needs --yes where nobody can be asked', {
      exitCode: exitCodes.usage,
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question('This tells everyone in the company. Type yes to send: ');
  terminal.close();
  return answer.trim().toLowerCase() === 'yes';
}

function printFault({ path, message }: MessageFault, warning: boolean): void {
  process.stderr.write(`${warning ? 'warning: ' : ''}${path} ${message}\n`);
}

function printResult(audience: SendAudience, result: SendResult): void {
  if (result.kind === 'accepted') {
    process.stdout.write(`${audience.kind}: task ${result.taskId}\n`);
    return;
  }
  if (result.kind === 'unknown') {
    process.stderr.write(`${audience.kind}: the answer was lost; the message may have been sent\n`);
  }
  printCallError(result.error);
}

function commas(text: string, before: readonly string[]): readonly string[] {
  const parts = text.split(',').map((each) => each.trim());
  return [...before, ...parts.filter((each) => each !== '')];
}
