import { html } from 'hono/html';
import { readAt } from '../api/outcome.ts';
import type { DirectoryUser } from '../directory-data.ts';
import { inboxEntry } from '../inbox.ts';
import type { World } from '../world.ts';
import { summary } from './cards.ts';
import { nothing, type Markup } from './markup.ts';
import { clockTime } from './times.ts';
import type { Language, Words } from './words.ts';

/** So many people are listed at once; the search finds the others. */
const listed = 200;
/** Unread messages are counted among this many newest. */
const counted = 100;

export interface PeopleView {
  readonly selected: string;
  readonly search: string;
  readonly language: Language;
  readonly words: Words;
}

/** The list at the left: everybody, those with the newest messages first. */
export function peopleView(world: World, view: PeopleView): Markup {
  const { words } = view;
  const found = findPeople(world, view.search);
  const shown = found.slice(0, listed);
  if (shown.length === 0) return html`<p class="hint">${words.noPeople}</p>`;
  return html`${shown.map((user) => personRow(world, user, view))}
  ${found.length > listed ? html`<p class="hint">${words.more}</p>` : nothing}`;
}

function findPeople(world: World, search: string): DirectoryUser[] {
  const { directory, tasks } = world;
  const needle = search.trim().toLowerCase();
  const candidates = new Map(directory.users(0, 2_000).map((user) => [user.userid, user]));
  // Generated people are too many to list; those with new messages and the one that was typed come in anyway.
  for (const userid of [...tasks.newestReaders(listed), search.trim()]) {
    const user = candidates.has(userid) ? null : directory.user(userid);
    if (user !== null) candidates.set(userid, user);
  }
  const departments = new Map(directory.departments().map(({ id, name }) => [id, name]));
  const matches = [...candidates.values()].filter((user) => {
    const text = [
      user.userid,
      user.name,
      user.title,
      ...user.departments.map((id) => `${departments.get(id)} ${id}`),
    ];
    return needle === '' || text.join(' ').toLowerCase().includes(needle);
  });
  const newest = (user: DirectoryUser): number => tasks.of(user.userid).at(-1)?.at ?? 0;
  return matches.sort((one, other) => newest(other) - newest(one));
}

function personRow(
  world: World,
  user: DirectoryUser,
  { selected, search, language, words }: PeopleView,
): Markup {
  const now = world.clock.now();
  const inbox = world.tasks.of(user.userid);
  const last = inbox.at(-1);
  const unread = inbox
    .slice(-counted)
    .filter((task) => task.recalledAt === null && readAt(task, user.userid, world, now) === null).length;
  const query = new URLSearchParams({
    user: user.userid,
    lang: language,
    ...(search === '' ? {} : { q: search }),
  });
  const preview = last === undefined ? user.title : summary(inboxEntry(last, user.userid, world, now), words);
  return html`<a
    class="person ${user.userid === selected ? 'selected' : ''} ${user.active ? '' : 'gone'}"
    href="/?${query}"
    data-user="${user.userid}"
  >
    ${avatar(user)}
    <span class="person-text">
      <span class="person-name">${user.name}<small>${user.active ? user.userid : words.left}</small></span>
      <span class="person-preview">${preview}</span>
    </span>
    <span class="person-side">
      <time>${last === undefined ? '' : clockTime(last.at, now)}</time>
      ${unread > 0 ? html`<i class="badge">${unread > 99 ? '99+' : unread}</i>` : nothing}
    </span>
  </a>`;
}

const avatarColours = [
  '#3370ff',
  '#14a38b',
  '#f5820f',
  '#7c5cfc',
  '#e5484d',
  '#0b8ec7',
  '#5b8c00',
  '#c41d7f',
];

/** A round sign with the last two characters of the name, as DingTalk draws it. */
export function avatar(user: DirectoryUser): Markup {
  let sum = 0;
  for (const character of user.userid) sum += character.charCodeAt(0);
  const colour = avatarColours[sum % avatarColours.length] ?? '#3370ff';
  return html`<span class="avatar" style="background:${colour}" aria-hidden="true"
    >${user.name.slice(-2)}</span
  >`;
}
