/** The rooms of src and who may import whom, as docs/architecture.md shows it: drawn from the rules that check it. */
interface ImportRules {
  readonly rooms: Readonly<Record<string, { readonly may: readonly string[]; readonly belongs: string }>>;
  readonly packages: Readonly<Record<string, { readonly rooms: readonly string[]; readonly why: string }>>;
}

export async function importTable(): Promise<string> {
  // A path that TypeScript does not follow: the rules are plain JavaScript for their tool.
  const settings = new URL('../.dependency-cruiser.mjs', import.meta.url).href;
  const { rooms, packages } = (await import(settings)) as ImportRules;
  const rows = Object.entries(rooms).map(([room, { may, belongs }]) => {
    const allowed = may.map(shown).join(', ');
    const own = Object.entries(packages).flatMap(([name, { rooms: those }]) =>
      those.includes(room) ? [`\`${name}\``] : [],
    );
    return `| \`${room}\` | ${allowed === '' ? '–' : allowed} | ${own.join(', ') || '–'} | ${belongs} |`;
  });
  return [
    '| room | may import | packages that it alone (or with another) knows | what belongs elsewhere |',
    '| --- | --- | --- | --- |',
    ...rows,
    '| `cli` | everything | `commander` | cli prints and never decides. |',
  ].join('\n');
}

/** `dingtalk/(limits|codes)\.ts$` → `dingtalk/limits.ts`, `dingtalk/codes.ts`. */
function shown(pattern: string): string {
  const [, folder, files] = /^(\w+\/)\(([^)]+)\)/.exec(pattern) ?? [];
  if (folder === undefined || files === undefined) return `\`${pattern}\``;
  return files
    .split('|')
    .map((file) => `\`${folder}${file}.ts\``)
    .join(', ');
}
