// How the widget looks. One constructed sheet, so that no page's style policy has to allow anything.
// Pages theme it by --parley-accent, --parley-background, --parley-text, --parley-radius, --parley-font and ::part().

const CSS = `
:host{display:contents;color-scheme:light dark}
:host([theme=light]){color-scheme:light}
:host([theme=dark]){color-scheme:dark}
:host([mode=page]){display:block;height:100%}
:host([hidden]),[hidden]{display:none!important}
.root{all:initial;display:block;height:100%;color-scheme:inherit;
--a:var(--parley-accent,var(--site-accent,#0f6a5b));
--b:var(--parley-background,light-dark(#fff,#191a1c));
--f:var(--parley-text,light-dark(#1d2023,#ececea));
--soft:color-mix(in lab,var(--f) 6%,var(--b));
--line:color-mix(in lab,var(--f) 14%,var(--b));
--dim:color-mix(in lab,var(--f) 68%,var(--b));
--own:color-mix(in lab,var(--a) 9%,var(--soft));
--ring:color-mix(in lab,var(--a) 60%,var(--f));
--bad:light-dark(#b3261e,#ffb4ab);
--on:oklch(from var(--a) clamp(0,(.57 - l)*infinity,1) 0 0);
font:15px/1.55 var(--parley-font,system-ui,sans-serif);color:var(--f)}
*,::before,::after{box-sizing:border-box}
button,textarea{font:inherit;color:inherit;margin:0;padding:0;border:0;background:none}
button,.choice{cursor:pointer;border-radius:12px;min-height:44px}
:focus-visible{outline:2px solid var(--ring);outline-offset:2px}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
svg{width:22px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round;flex:none}
header,.bar,.tools,.retry,.sent,.alert,.line,.files,.file,.choices,.dots{display:flex;align-items:center;gap:6px}
.sent,.files,.choices{flex-wrap:wrap}
.launcher,.panel{position:fixed;bottom:20px;inset-inline-end:20px;z-index:2147483000}
.launcher{width:58px;height:58px;border-radius:50%;background:var(--a);color:var(--on);box-shadow:0 8px 24px #0004}
.launcher svg{width:28px;vertical-align:middle}
.badge{position:absolute;top:-4px;inset-inline-end:-4px;min-width:22px;padding:0 6px;border-radius:12px;background:#b3261e;color:#fff}
.panel{margin:0;padding:0;border:0;width:100%;max-width:none;height:100%;max-height:none;background:var(--b);color:inherit;display:flex;flex-direction:column;overflow:hidden}
dialog.panel:not([open]){display:none}
dialog.panel{inset-block:auto 92px;inset-inline:auto 20px;width:min(408px,100vw - 40px);height:min(660px,100dvh - 116px);border-radius:var(--parley-radius,20px);box-shadow:0 0 0 1px var(--line),0 8px 24px #0004;animation:rise .2s}
.left .launcher,.left .panel.panel{inset-inline:20px auto}
@keyframes rise{from{opacity:0;transform:translateY(12px)}}
header{padding:8px;padding-inline-start:20px;border-bottom:1px solid var(--line)}
.title{flex:1;font-size:16px;margin:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
section.panel{position:relative;inset:auto;z-index:0;background:none}
section header{justify-content:flex-end;border:0}
section .title{display:none}
.icon{width:44px;flex:none;display:grid;place-items:center}
.icon,.retry,.sent,.cut,.bar,blockquote,.notice .body,.tk-o,.tk-c{color:var(--dim)}
button:not(.launcher):hover{background-color:var(--soft);color:var(--f)}
.log,.scroll,pre{scrollbar-width:thin}
.log{flex:1;overflow:hidden auto;overscroll-behavior:contain;outline-offset:-3px}
.column{max-width:46rem;min-height:100%;margin:auto;padding:20px;display:flex;flex-direction:column}
.list,.queue{display:contents}
.welcome{margin:auto;padding:20px;text-align:center;font-size:1.5em;font-weight:600;line-height:1.3}
section .welcome{font-size:2em}
.msg{margin-bottom:20px;border-radius:12px;outline-offset:5px;min-width:0;overflow-wrap:anywhere;animation:rise .2s}
.person{align-self:flex-end;max-width:85%}
.person .body{background:var(--own);padding:8px 16px;border-radius:20px;border-end-end-radius:5px;width:fit-content;margin-inline-start:auto}
blockquote,.notice .body{border-inline-start:3px solid var(--line);padding-inline-start:12px;margin-inline:0}
.plain{white-space:pre-wrap}
.body>:first-child{margin-top:0}
.body>:last-child{margin-bottom:0}
p,ul,ol,blockquote,.code,.scroll{margin-block:.7em}
h1,h2,h3,h4,h5,h6{font-size:1.1em;line-height:1.3;margin-block:1em .5em}
h1{font-size:1.25em}
ul,ol{padding-inline-start:1.5em}
li{margin-block:.25em}li>p{margin:0}
li:has(.task){list-style:none;margin-inline-start:-1.5em}
.task{display:inline-grid;width:1.2em;height:1.2em;margin-inline-end:.5em;border:2px solid var(--dim);border-radius:4px;vertical-align:-.2em}
.task svg{width:1em;stroke-width:4}
hr{border:0;border-top:1px solid var(--line);margin-block:1em}
a{color:inherit;text-decoration:underline 2px var(--ring);text-underline-offset:3px}
a[data-host]::after{content:" (" attr(data-host) ")";color:var(--dim)}
code,pre{font:.88em/1.6 ui-monospace,monospace}
code,.code{background:var(--soft);border-radius:6px;padding:.1em .4em}
.code{padding:0;border-radius:12px;text-align:left;overflow:hidden}
p>.math:only-child{display:block;overflow-x:auto;padding:12px 16px}
.math,.tk-c{font-style:italic}
.bar{justify-content:space-between;padding-left:16px}
.bar,.retry,.cut,.sent,.alert,.file{font-size:13px}
.tools svg,.bar svg,.file svg{width:18px}
pre{margin:0;padding:0 16px 12px;overflow-x:auto;outline-offset:-3px;border-radius:12px}
.tk-k{color:light-dark(#8a2f7a,#e5a3dc)}.tk-s{color:light-dark(#1d6436,#9bd8a6)}.tk-n,.tk-m{color:light-dark(#8f4300,#f0b67f)}.tk-f{color:light-dark(#1f5aa8,#9dc4f8)}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:12px}
table{border-collapse:collapse;min-width:100%;font-size:.94em;font-variant-numeric:tabular-nums}
th,td{padding:8px 16px;text-align:start;vertical-align:top}
th{background:var(--soft)}
td{border-top:1px solid var(--line)}
.to-center{text-align:center}.to-right{text-align:right}
.streaming p:last-child::after{content:"";display:inline-block;width:.5em;height:1em;margin-inline-start:.2em;background:var(--ring);vertical-align:-.1em;animation:blink 1s infinite}
@keyframes blink{50%{opacity:.15}}
.tools{margin-inline-start:-13px}
[aria-pressed=true] path{fill:currentColor}
.latest svg,button.bad svg{transform:scale(-1)}
.retry{padding-inline:12px}
.msg:not(:last-child)>.foot :is(.retry,.choices){display:none}
.choices{margin-top:12px}
.choice{padding:8px 16px;border:1px solid var(--line);border-radius:20px;background:var(--b);font-weight:600}
.welcome+.choices{justify-content:center;margin-bottom:20px}
.cut,.sent{margin-top:5px}
.sent{justify-content:flex-end}
.bad>span,.cut{color:var(--bad)}
.plainly{padding-inline:10px;font-weight:600;text-decoration:underline}
.queue .msg:not(:has(.bad)) .body{opacity:.72}
.dots{padding:8px 0 20px}
.dots i{width:8px;height:8px;border-radius:50%;background:var(--dim);animation:blink 1s infinite}
.dots i+i{animation-delay:.2s}.dots i+i+i{animation-delay:.4s}
.floor{position:relative;max-width:46rem;width:100%;margin-inline:auto;padding:0 12px 12px}
.latest{position:absolute;bottom:calc(100% + 8px);inset-inline-start:calc(50% - 22px);border-radius:50%;background:var(--b);border:1px solid var(--line);box-shadow:0 8px 24px #0004;color:var(--f);z-index:1}
.alert{margin-bottom:8px;padding-inline:14px 4px;border-radius:12px;background:color-mix(in lab,var(--bad) 10%,var(--b))}
.alert>span{flex:1;padding:8px 0}
.alert.calm{background:var(--soft)}
.composer{border:1px solid color-mix(in lab,var(--f) 50%,var(--b));border-radius:26px;background:var(--b);padding:4px}
.composer:focus-within{border-color:var(--ring);box-shadow:0 0 0 1px var(--ring)}
.line{align-items:flex-end;gap:2px}
.line .icon{border-radius:50%}
textarea{flex:1;min-width:0;resize:none;padding:10px 4px;line-height:24px;font-size:16px;max-height:40vh}
textarea:focus{outline:0}
textarea::placeholder{color:var(--dim);opacity:1}
.line .send{background:var(--a);color:var(--on)}
.line .send[aria-disabled=true]{background:var(--soft);color:var(--dim);cursor:default}
.line .stop{background:var(--f);color:var(--b)}
.stop path{fill:currentColor}
.busy:not(.written) .send{display:none}
.files{padding:4px 0}
.file{max-width:100%;min-height:36px;padding-inline:10px 12px;border:1px solid var(--line);border-radius:20px}
.file bdi{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.waiting{opacity:.5}
@media(max-width:480px){
:host([open]) .launcher{display:none}
dialog.panel{inset:0;width:100%;height:100dvh;border-radius:0}
section .welcome{font-size:1.7em}
.column{padding-inline:16px}}
@media(prefers-reduced-motion:reduce){*,::before,::after{animation:none!important}}
@media(forced-colors:active){button,.panel,.person .body,.code,.alert{border:1px solid}.badge,.dots i,.body ::after{border:3px solid}}
`;

let sheet;

/** The sheet, made once and shared by every widget of the page. */
export const sharedSheet = () => {
  if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(CSS);
  return sheet;
};
