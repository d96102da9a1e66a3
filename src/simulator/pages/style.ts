/** The page's style sheet. */
export const style = `
:root { --blue: #1677ff; --ink: #171a1d; --soft: #747677; --line: #e6e8eb; --back: #f2f3f5; --paper: #fff; --hover: #f0f6ff;
  --good: #00a854; --bad: #e5484d; --warn: #b26a00; --shadow: 0 1px 2px rgba(23,26,29,.06), 0 4px 16px rgba(23,26,29,.05); }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eceef0; --soft: #9aa0a6; --line: #33373c; --back: #17191c; --paper: #22252a; --hover: #2a3442; --shadow: none; }
}
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { font: 14px/1.55 -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Segoe UI", sans-serif;
  color: var(--ink); background: var(--back); display: flex; flex-direction: column; }
button { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: 2px 10px; cursor: pointer; }
button:hover { border-color: var(--blue); color: var(--blue); }
:focus-visible { outline: 2px solid var(--blue); outline-offset: 1px; }
small { color: var(--soft); font-weight: 400; }
.grow { flex: 1; }
.top { display: flex; align-items: center; gap: 12px; height: 52px; padding: 0 16px; background: var(--paper); border-bottom: 1px solid var(--line); flex: none; }
.top h1 { font-size: 16px; margin: 0; white-space: nowrap; }
.logo { width: 26px; height: 26px; border-radius: 7px; background: linear-gradient(135deg, #3aa0ff, var(--blue)); position: relative; flex: none; }
.logo::after { content: ""; position: absolute; left: 7px; top: 6px; border: 6px solid transparent; border-left: 10px solid #fff; border-right: 0; }
.company { color: var(--soft); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.live { color: var(--good); font-size: 12px; white-space: nowrap; }
.live::before { content: "●"; margin-right: 4px; }
.live.off { color: var(--bad); }
.language { color: var(--blue); text-decoration: none; }
main { flex: 1; min-height: 0; display: flex; }
nav { width: 300px; flex: none; background: var(--paper); border-right: 1px solid var(--line); display: flex; flex-direction: column; }
nav form { padding: 10px 12px; }
nav input[type=search] { width: 100%; font: inherit; color: inherit; padding: 6px 12px; border: 1px solid transparent; border-radius: 8px; background: var(--back); }
#people { overflow-y: auto; flex: 1; }
.person { display: flex; gap: 10px; align-items: center; padding: 9px 12px; color: inherit; text-decoration: none; }
.person:hover, .person.selected { background: var(--hover); }
.person.selected { box-shadow: inset 3px 0 var(--blue); }
.person.gone { opacity: .55; }
.person-text { flex: 1; min-width: 0; display: flex; flex-direction: column; }
.person-name { font-weight: 500; display: flex; gap: 6px; align-items: baseline; }
.person-name small, .person-preview { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.person-preview { color: var(--soft); font-size: 12px; }
.person-side { display: flex; flex-direction: column; align-items: flex-end; gap: 3px; font-size: 11px; color: var(--soft); min-width: 34px; white-space: nowrap; }
.badge { font-style: normal; background: var(--bad); color: #fff; border-radius: 9px; padding: 0 6px; line-height: 17px; }
.avatar { width: 38px; height: 38px; border-radius: 10px; color: #fff; font-size: 13px; display: grid; place-items: center; flex: none; }
.hint, .empty { color: var(--soft); text-align: center; padding: 12px; }
.empty { margin: auto; }
.conversation { flex: 1; min-width: 0; display: flex; flex-direction: column; }
.conversation-head { display: flex; gap: 10px; align-items: center; padding: 8px 20px; background: var(--paper); border-bottom: 1px solid var(--line); }
.conversation-head span:last-child { display: flex; flex-direction: column; line-height: 1.35; }
.messages { flex: 1; overflow-y: auto; padding: 16px 20px 32px; display: flex; flex-direction: column; }
.time { text-align: center; color: var(--soft); font-size: 12px; margin: 12px 0 4px; }
.message { display: flex; gap: 10px; margin: 10px 0; }
.app-icon { width: 36px; height: 36px; border-radius: 9px; background: var(--blue); color: #fff; font-weight: 600; display: grid; place-items: center; flex: none; }
.message-main { min-width: 0; max-width: 420px; flex: 1; }
.message-from { display: block; font-size: 12px; color: var(--soft); margin-bottom: 4px; }
.message-from small { margin-left: 6px; }
.message footer { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; margin-top: 5px; font-size: 12px; color: var(--soft); }
.message footer details[open] { flex-basis: 100%; }
.message summary { cursor: pointer; }
.message pre { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 10px; overflow-x: auto; font-size: 12px; max-height: 300px; }
.is-read { color: var(--good); }
button.is-unread { color: var(--blue); border: 0; background: none; padding: 0; font-size: 12px; }
.recalled .bubble, .recalled .card, .recalled .picture { opacity: .45; filter: grayscale(1); }
.recall-note { margin: 0 0 4px; font-size: 12px; color: var(--warn); }
.bubble, .card { background: var(--paper); border-radius: 4px 12px 12px 12px; box-shadow: var(--shadow); overflow-wrap: anywhere; }
.bubble { display: inline-block; padding: 9px 13px; max-width: 100%; }
.bubble.text { white-space: pre-wrap; }
.card { display: block; overflow: hidden; color: inherit; text-decoration: none; max-width: 340px; }
a.card:hover { box-shadow: 0 0 0 1px var(--blue); }
.card-body { display: flex; flex-direction: column; gap: 8px; padding: 12px 14px; }
.voice { display: inline-flex; align-items: center; gap: 8px; }
svg { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; flex: none; }
.picture img { max-width: 240px; max-height: 320px; border-radius: 10px; display: block; }
.picture.wide img { width: 100%; max-width: none; border-radius: 6px; }
.picture.inline { display: inline-block; vertical-align: middle; }
.no-picture { width: 100%; min-width: 60px; max-width: 240px; min-height: 96px; border-radius: 8px; background: var(--back); color: var(--soft); display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 4px; font-size: 11px; padding: 8px; text-align: center; overflow-wrap: anywhere; }
.thumb { width: 60px; flex: none; }
.thumb img { width: 60px; height: 60px; object-fit: cover; border-radius: 4px; }
.thumb .no-picture { min-height: 60px; padding: 4px; }
.thumb .no-picture span { display: none; }
.remote { border: 1px dashed var(--line); border-radius: 6px; padding: 2px 8px; font-size: 12px; color: var(--soft); }
.file { display: flex; gap: 12px; align-items: center; padding: 12px 14px; }
.file-icon { background: #f5820f; color: #fff; border-radius: 6px; width: 40px; height: 46px; display: grid; place-items: center; font-size: 11px; text-transform: uppercase; flex: none; }
.file-name { display: flex; flex-direction: column; min-width: 0; }
.link { padding: 12px 14px; display: flex; flex-direction: column; gap: 6px; }
.link-title { font-weight: 600; }
.link-row { display: flex; gap: 10px; }
.link-text { flex: 1; color: var(--soft); font-size: 13px; display: -webkit-box; -webkit-line-clamp: 3; -webkit-box-orient: vertical; overflow: hidden; }
.oa { display: flex; flex-direction: column; }
.oa-head { color: #fff; padding: 7px 14px; font-size: 13px; text-shadow: 0 0 2px rgba(0,0,0,.35); }
.oa-title { font-weight: 600; font-size: 15px; }
.oa-form { display: flex; flex-direction: column; gap: 3px; }
.oa-row { display: flex; gap: 8px; }
.oa-row b { font-weight: 400; color: var(--soft); flex: none; }
.hidden-rows { color: var(--warn); }
.oa-rich b { font-size: 24px; font-weight: 600; }
.oa-content { color: var(--soft); display: -webkit-box; -webkit-line-clamp: 3; -webkit-box-orient: vertical; overflow: hidden; white-space: pre-line; }
.oa-foot svg { width: 14px; height: 14px; vertical-align: -2px; }
.oa-foot { display: flex; justify-content: space-between; color: var(--soft); font-size: 12px; }
.status-bar { align-self: flex-start; margin: 0 14px 12px; color: #fff; border-radius: 4px; padding: 1px 8px; font-size: 12px; }
.single, .button { display: flex; justify-content: space-between; padding: 10px 14px; border-top: 1px solid var(--line); color: var(--blue); text-decoration: none; }
.single:hover, .button:hover { background: var(--hover); }
.buttons.across { display: flex; border-top: 1px solid var(--line); }
.buttons .button { justify-content: center; }
.buttons.across .button { flex: 1; border-top: 0; text-align: center; }
.buttons.across .button + .button { border-left: 1px solid var(--line); }
.inert { cursor: help; }
.md > :first-child { margin-top: 0; } .md > :last-child { margin-bottom: 0; }
.md p, .md ul, .md ol, .md blockquote { margin: 6px 0; } .md ul, .md ol { padding-left: 22px; }
.md blockquote { border-left: 3px solid var(--line); padding-left: 10px; color: var(--soft); }
.md .h { font-weight: 600; margin: 8px 0 4px; } .md .h1 { font-size: 20px; } .md .h2 { font-size: 18px; } .md .h3 { font-size: 16px; }
.md a { color: var(--blue); } .md code { background: var(--back); border-radius: 4px; padding: 0 4px; } .md hr { border: 0; border-top: 1px solid var(--line); }
aside { width: 300px; flex: none; overflow-y: auto; background: var(--paper); border-left: 1px solid var(--line); padding: 4px 16px 24px; }
aside h2 { font-size: 13px; margin: 16px 0 6px; color: var(--soft); font-weight: 600; }
.row { display: flex; gap: 6px; margin: 0; } .row.wrap { flex-wrap: wrap; }
.clock { margin: 0 0 6px; font-variant-numeric: tabular-nums; font-size: 15px; }
.chip { font-size: 12px; border-radius: 12px; } .chip[aria-pressed=true] { background: var(--bad); border-color: var(--bad); color: #fff; }
.danger:hover { border-color: var(--bad); color: var(--bad); }
.good { color: var(--good); margin: 0; }
.violations { list-style: none; margin: 0; padding: 0; font-size: 12px; }
.violations li { border-left: 3px solid var(--bad); padding: 2px 8px; margin-bottom: 6px; overflow-wrap: anywhere; }
.violations li.mild { border-color: #f5a623; } .violations i { color: var(--soft); font-style: normal; }
dl { display: grid; grid-template-columns: 1fr auto; gap: 2px 12px; margin: 0 0 8px; } dt { color: var(--soft); } dd { margin: 0; font-variant-numeric: tabular-nums; }
table { font-size: 12px; border-spacing: 0 3px; margin-bottom: 8px; } th { text-align: left; font-weight: 500; padding-right: 10px; vertical-align: top; } td code { margin-right: 6px; white-space: nowrap; } .bad { color: var(--bad); }
.panel-toggle { display: none; }
@media (max-width: 1100px) {
  .panel-toggle { display: block; }
  aside { display: none; }
  .with-panel aside { display: block; position: absolute; right: 0; top: 52px; bottom: 0; z-index: 1; box-shadow: -8px 0 24px rgba(0,0,0,.15); }
}
@media (max-width: 700px) {
  nav { width: 76px; } nav form, .person-text, .person-side time, .company { display: none; }
  .person { position: relative; justify-content: center; } .person-side { position: absolute; top: 6px; right: 6px; min-width: 0; }
  .messages { padding: 12px 10px; }
}
`;
