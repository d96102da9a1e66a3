import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { DingbusError, messageOf } from '../base/errors.ts';
import { rootDepartment, type DirectoryData } from './directory-data.ts';

/** A directory file that cannot be read or says something impossible; the message names the place. */
export class DirectoryFileError extends DingbusError {
  readonly code = 'simulator_directory';
}

const department = z.strictObject({
  id: z.int().positive(),
  name: z.string().min(1),
  parent: z.int().positive().nullable().default(rootDepartment),
});

const user = z.strictObject({
  userid: z.string().min(1).max(64),
  name: z.string().min(1),
  mobile: z.coerce.string().default(''),
  departments: z.array(z.int().positive()).default([rootDepartment]),
  active: z.boolean().default(true),
  title: z.string().default(''),
});

const app = z.strictObject({
  name: z.string().min(1),
  title: z.string().min(1).nullable().default(null),
  app_key: z.string().min(1),
  app_secret: z.string().min(1),
  agent_id: z.int().positive(),
  permissions: z
    .array(z.string())
    .default(['qyapi_base', 'qyapi_get_member_by_mobile', 'legacy_get_by_mobile']),
  scope: z
    .strictObject({
      departments: z.array(z.int().positive()).default([]),
      userids: z.array(z.string()).default([]),
    })
    .nullable()
    .default(null),
  ip_whitelist: z.array(z.string()).nullable().default(null),
});

const directoryFile = z.strictObject({
  company: z.strictObject({ corp_id: z.string().min(1), name: z.string().min(1) }),
  departments: z.array(department).default([]),
  users: z.array(user).default([]),
  apps: z.array(app).min(1),
  media: z.array(z.strictObject({ id: z.string().min(1), type: z.string().min(1) })).default([]),
});

/** Reads a JSON or YAML file into a directory; throws `DirectoryFileError`. */
export async function readDirectoryFile(path: string): Promise<DirectoryData> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new DirectoryFileError(`cannot read the directory file ${path}: ${messageOf(cause)}`, { cause });
  }
  return parseDirectory(text, path);
}

/** `text` is JSON or YAML, `name` stands in error messages. */
export function parseDirectory(text: string, name: string): DirectoryData {
  let raw: unknown;
  try {
    // JSON is YAML, so one reader serves both.
    raw = parse(text);
  } catch (cause) {
    throw new DirectoryFileError(`${name}: ${messageOf(cause)}`, { cause });
  }
  const checked = directoryFile.safeParse(raw);
  if (!checked.success) {
    const faults = checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new DirectoryFileError(`${name}: ${faults.join('; ')}`);
  }
  const { company, departments, users, apps, media } = checked.data;
  const hasRoot = departments.some(({ id }) => id === rootDepartment);
  const root = { id: rootDepartment, name: company.name, parent: null };
  return {
    company: { corpId: company.corp_id, name: company.name },
    departments: hasRoot
      ? departments.map((one) => (one.id === rootDepartment ? { ...one, parent: null } : one))
      : [root, ...departments],
    users,
    apps: apps.map((one) => ({
      name: one.name,
      title: one.title ?? one.name,
      appKey: one.app_key,
      appSecret: one.app_secret,
      agentId: one.agent_id,
      permissions: one.permissions,
      scope: one.scope,
      ipWhitelist: one.ip_whitelist,
    })),
    media,
  };
}
