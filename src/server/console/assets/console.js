/**
 * What the console's pages cannot do by themselves: sign in, ask before a change and call the API, keep a page up
 * to date, ask the route explorer, show instants in the reader's time zone. Pages work for looking without it.
 * The token stays in this tab's session storage and travels in the Authorization header only.
 */

const tokenName = 'dingbus-token';
const retryAfterMs = 3_000;
const element = (id) => document.getElementById(id);
const main = element('main');

// ---- Token ----------------------------------------------------------------------------------------------------

const token = () => sessionStorage.getItem(tokenName);

function authorised(headers = {}) {
  const present = token();
  return present === null ? headers : { ...headers, authorization: `Bearer ${present}` };
}

function showSignButton() {
  const button = element('sign');
  button.textContent = token() === null ? button.dataset.in : button.dataset.out;
}

/** Asks for the token; resolves to false when the reader gives up. */
function signIn(reason = '') {
  const dialog = element('token');
  const field = dialog.querySelector('input');
  element('token-reason').textContent = reason;
  field.value = '';
  dialog.returnValue = 'cancel';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      'close',
      () => {
        const given = dialog.returnValue === 'ok' && field.value.trim() !== '';
        if (given) sessionStorage.setItem(tokenName, field.value.trim());
        field.value = '';
        showSignButton();
        resolve(given);
      },
      { once: true },
    );
  });
}

/** Fetches with the token; asks for one, or for a mightier one, and tries again for as long as the reader wants to. */
async function ask(path, options = {}) {
  for (;;) {
    const response = await fetch(path, { ...options, headers: authorised(options.headers) });
    if (response.status !== 401 && response.status !== 403) return response;
    const problem = await response.clone().json();
    if (response.status === 403 && problem.code !== 'read_only') return response;
    if (problem.code === 'token_wrong') sessionStorage.removeItem(tokenName);
    if (!(await signIn(problem.code === 'token_missing' ? '' : problem.detail))) return response;
  }
}

// ---- Content --------------------------------------------------------------------------------------------------

async function fragment() {
  const response = await fetch(location.href, { headers: authorised({ 'x-dingbus-fragment': 'yes' }) });
  return response.ok || response.status === 404 ? response.text() : null;
}

/** A locked page has no content yet; with the token it gets it. */
async function unlock() {
  const response = await ask(location.href, { headers: { 'x-dingbus-fragment': 'yes' } });
  if (!response.ok && response.status !== 404) {
    if (response.status !== 401) toast(false, (await response.json()).detail);
    return;
  }
  main.innerHTML = await response.text();
  delete main.dataset.locked;
  prepare(main);
  void follow();
}

/** Replaces the parts of the page that are marked as live, and nothing that the reader is busy with. */
async function refresh(everything = false) {
  const text = await fragment();
  if (text === null) return;
  const fresh = new DOMParser().parseFromString(text, 'text/html');
  prepare(fresh.body);
  if (everything) {
    main.replaceChildren(...fresh.body.childNodes);
    return;
  }
  for (const part of main.querySelectorAll('[data-live]')) {
    const next = fresh.getElementById(part.id);
    if (next === null || next.innerHTML === part.innerHTML) continue;
    if (part.contains(document.activeElement) && document.activeElement !== part) continue;
    part.replaceChildren(...next.childNodes);
  }
}

function prepare(root) {
  const dateFormat = new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: 'short',
    timeStyle: 'medium',
    hourCycle: 'h23',
  });
  const timeFormat = new Intl.DateTimeFormat(document.documentElement.lang, {
    timeStyle: 'medium',
    hourCycle: 'h23',
  });
  for (const time of root.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    const today = at.toDateString() === new Date().toDateString();
    time.title = at.toISOString();
    time.textContent = today ? timeFormat.format(at) : dateFormat.format(at);
  }
}

// ---- Live -----------------------------------------------------------------------------------------------------

function connection(state) {
  const mark = element('live');
  mark.hidden = false;
  mark.dataset.state = state;
  const words = state === 'on' ? mark.dataset.liveText : mark.dataset.offlineText;
  const label = mark.querySelector('span');
  if (label.textContent !== words) label.textContent = words;
}

/** Reads the stream of events with fetch, because EventSource cannot send the token. */
async function follow() {
  if (main.querySelector('[data-live]') === null) return;
  for (;;) {
    try {
      const response = await fetch('/api/v1/events', { headers: authorised() });
      if (response.status === 401 || response.status === 403) return;
      if (response.ok) await read(response.body);
    } catch {
      // The server is away; the mark says so and the next round tries again.
    }
    connection('off');
    await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
  }
}

async function read(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const messages = (rest + value).split('\n\n');
    rest = messages.pop();
    connection('on');
    if (messages.length > 0 && !document.hidden && document.querySelector('dialog[open]') === null) {
      await refresh();
    }
  }
}

// ---- Actions --------------------------------------------------------------------------------------------------

/** Asks before something changes; gives the note, or null when the answer is no. */
function confirmed(question, withNote) {
  const dialog = element('confirm');
  const field = dialog.querySelector('input');
  element('confirm-text').textContent = question;
  element('confirm-note').hidden = !withNote;
  field.value = '';
  dialog.returnValue = 'cancel';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'ok' ? field.value.trim() : null), {
      once: true,
    });
  });
}

async function act(button, path, body, question, withNote) {
  const note = await confirmed(question, withNote);
  if (note === null) return;
  button.disabled = true;
  try {
    const response = await ask(`/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(note === '' ? body : { ...body, note }),
    });
    const answer = await response.json();
    if (response.ok) tell(answer);
    else toast(false, answer.detail);
    await refresh(true);
  } catch (error) {
    toast(false, String(error));
  } finally {
    button.disabled = false;
  }
}

/** What became of each thing; a reload answers with faults instead of items. */
function tell(answer) {
  if (answer.faults !== undefined) {
    const errors = answer.faults.filter((fault) => fault.severity === 'error');
    toast(answer.ok, errors.map((fault) => `${fault.file}:${fault.line} ${fault.message}`).join('\n'));
    return;
  }
  const refused = answer.items.filter((item) => !item.ok);
  if (refused.length === 0) toast(true, answer.items.map((item) => `${item.id}: ${item.outcome}`).join('\n'));
  for (const item of refused) toast(false, `${item.id}: ${item.message ?? item.outcome}`);
}

function toast(good, text) {
  const holder = element('toasts');
  const box = document.createElement('div');
  box.className = good ? 'toast good' : 'toast bad';
  const title = document.createElement('b');
  title.textContent = good ? holder.dataset.done : holder.dataset.failed;
  const detail = document.createElement('p');
  detail.textContent = text;
  const close = document.createElement('button');
  close.type = 'button';
  close.textContent = '×';
  close.setAttribute('aria-label', holder.dataset.close);
  close.addEventListener('click', () => box.remove());
  box.append(title, close, detail);
  holder.append(box);
  if (good) setTimeout(() => box.remove(), 6_000);
}

const selected = () => [...main.querySelectorAll('[data-select]:checked')].map((box) => box.dataset.select);

function showSelection() {
  const button = main.querySelector('[data-redrive-selected]');
  if (button !== null) button.disabled = selected().length === 0;
}

// ---- Explorer -------------------------------------------------------------------------------------------------

async function explain(form) {
  const button = form.querySelector('button[type=submit]');
  button.disabled = true;
  try {
    const response = await ask(form.action, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ event: form.elements.event.value }),
    });
    if (response.ok) element('explanation').innerHTML = await response.text();
    else toast(false, (await response.json()).detail);
  } catch (error) {
    toast(false, String(error));
  } finally {
    button.disabled = false;
  }
}

// ---- Wiring: on the document, because content comes and goes --------------------------------------------------

document.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button === null) return;
  if (button.dataset.dismiss !== undefined) {
    button.closest('dialog').close('cancel');
  } else if (button.id === 'sign') {
    if (token() === null) {
      void signIn().then((given) => given && location.reload());
    } else {
      sessionStorage.removeItem(tokenName);
      location.reload();
    }
  } else if (button.id === 'theme') {
    const dark =
      document.documentElement.dataset.theme === undefined
        ? matchMedia('(prefers-color-scheme: dark)').matches
        : document.documentElement.dataset.theme === 'dark';
    document.documentElement.dataset.theme = dark ? 'light' : 'dark';
    localStorage.setItem('dingbus-theme', dark ? 'light' : 'dark');
  } else if (button.dataset.signIn !== undefined) {
    void unlock();
  } else if (button.dataset.action !== undefined) {
    const { action, body, confirm, note } = button.dataset;
    void act(button, action, JSON.parse(body), confirm, note === 'yes');
  } else if (button.dataset.redriveSelected !== undefined) {
    const ids = selected();
    const question = button.dataset.confirm.replace('{count}', String(ids.length));
    void act(button, '/redrive', { dead_letter_ids: ids }, question, true);
  }
});

document.addEventListener('change', (event) => {
  const { target } = event;
  if (target.dataset.selectAll !== undefined) {
    for (const box of main.querySelectorAll('[data-select]')) box.checked = target.checked;
  }
  showSelection();
  if (target.id === 'samples' && target.value !== '') element('explorer').elements.event.value = target.value;
});

document.addEventListener('submit', (event) => {
  if (event.target.id !== 'explorer') return;
  event.preventDefault();
  void explain(event.target);
});

showSignButton();
prepare(main);
if (main.dataset.locked === undefined) void follow();
else if (token() !== null) void unlock();
