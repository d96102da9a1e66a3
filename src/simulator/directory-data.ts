/** The data of a company as it stands in a file: people, nested departments, apps. */
export interface DirectoryUser {
  readonly userid: string;
  readonly name: string;
  readonly mobile: string;
  readonly departments: readonly number[];
  /** False: has left. The mobile is no longer found, messages go to nobody. */
  readonly active: boolean;
  readonly title: string;
}

export interface DirectoryDepartment {
  readonly id: number;
  readonly name: string;
  /** Null for the company itself, department 1. */
  readonly parent: number | null;
}

export interface DirectoryApp {
  /** How tests and faults name it. */
  readonly name: string;
  /** What people see above its messages. */
  readonly title: string;
  readonly appKey: string;
  readonly appSecret: string;
  readonly agentId: number;
  readonly permissions: readonly string[];
  /** Who the app is open to; null = everyone. */
  readonly scope: { readonly departments: readonly number[]; readonly userids: readonly string[] } | null;
  /** Addresses that may call for this app; null = any. */
  readonly ipWhitelist: readonly string[] | null;
}

export interface DirectoryData {
  readonly company: { readonly corpId: string; readonly name: string };
  readonly departments: readonly DirectoryDepartment[];
  readonly users: readonly DirectoryUser[];
  readonly apps: readonly DirectoryApp[];
  /** Media ids that are known without an upload. */
  readonly media: readonly { readonly id: string; readonly type: string }[];
}

/** The department that holds everybody. DingTalk gives the root this id. */
export const rootDepartment = 1;
