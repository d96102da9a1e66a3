/** The page's script: asks for what is new when the server says that something is. No build step, no library. */
export const script = `'use strict';
const { user, search, lang, confirm: question, live, offline } = document.body.dataset;
const query = new URLSearchParams({ user, q: search, lang });
const byId = (id) => document.getElementById(id);

async function refresh(part) {
  const answer = await fetch('/_sim/page/' + part + '?' + query);
  if (!answer.ok) return;
  const text = await answer.text();
  const place = byId(part);
  if (place.dataset.last === text) return;
  place.dataset.last = text;
  const list = byId('messages');
  const atEnd = !list || list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const open = new Set([...place.querySelectorAll('article details[open]')].map((one) => one.closest('article').dataset.task));
  const scroll = part === 'inbox' && list ? list.scrollTop : place.scrollTop;
  place.innerHTML = text;
  for (const task of open) place.querySelector('article[data-task="' + task + '"] details')?.setAttribute('open', '');
  if (part !== 'inbox') { place.scrollTop = scroll; return; }
  const messages = byId('messages');
  if (messages) messages.scrollTop = atEnd ? messages.scrollHeight : scroll;
}

let pending = null;
function refreshAll() {
  pending ??= Promise.allSettled(['people', 'inbox', 'panel'].map(refresh)).then(() => { pending = null; });
}

async function change(path, method, body) {
  await fetch('/_sim/' + path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  refreshAll();
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  const { read, advance, fault } = button.dataset;
  if (read) change('inbox/' + encodeURIComponent(user) + '/read', 'POST', { taskId: read });
  else if (advance) change('clock', 'POST', { advanceMs: Number(advance) });
  else if (fault && button.getAttribute('aria-pressed') === 'true') change('faults/' + fault, 'DELETE');
  else if (fault) change('faults', 'POST', { name: fault });
  else if ('reset' in button.dataset && window.confirm(question)) change('reset', 'POST');
  else if (button.id === 'panel-toggle') document.body.classList.toggle('with-panel');
});

const messages = byId('messages');
if (messages) messages.scrollTop = messages.scrollHeight;
const events = new EventSource('/_sim/events');
const sign = byId('live');
events.onmessage = refreshAll;
events.onopen = () => { sign.textContent = live; sign.classList.remove('off'); refreshAll(); };
events.onerror = () => { sign.textContent = offline; sign.classList.add('off'); };
// Reading happens with time alone, so nothing announces it.
setInterval(() => { if (!document.hidden) refreshAll(); }, 5000);
`;
