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
button,textarea{color:inherit;background:none;padding:0;border:0;margin:0;font:inherit}
button,.choice{min-height:44px;border-radius:12px;cursor:pointer}
:focus-visible{outline:2px solid var(--ring);outline-offset:2px}
.hidden{clip-path:inset(50%);overflow:hidden;position:absolute;height:1px;width:1px;white-space:nowrap}
svg{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round;flex:none;width:22px}
header,.bar,.tools,.retry,.sent,.alert,.line,.files,.file,.choices,.dots{align-items:center;display:flex;gap:6px}
.sent,.files,.choices{flex-wrap:wrap}
.launcher,.panel{position:fixed;z-index:2147483000;bottom:20px;inset-inline-end:20px}
.launcher{box-shadow:0 8px 24px #0004;height:58px;border-radius:50%;width:58px;background:var(--a);color:var(--on)}
.launcher svg{width:28px;vertical-align:middle}
.badge{color:#fff;background:#b3261e;position:absolute;top:-4px;border-radius:12px;padding:0 6px;inset-inline-end:-4px;min-width:22px}
.panel{color:inherit;background:var(--b);overflow:hidden;padding:0;border:0;margin:0;width:100%;height:100%;max-width:none;display:flex;flex-direction:column;max-height:none}
dialog.panel:not([open]){display:none}
dialog.panel{inset-block:auto 92px;border-radius:var(--parley-radius,20px);width:min(408px,100vw - 40px);box-shadow:0 0 0 1px var(--line),0 8px 24px #0004;height:min(660px,100dvh - 116px);animation:rise .2s;inset-inline:auto 20px}
.left .launcher,.left .panel.panel{inset-inline:20px auto}
@keyframes rise{from{opacity:0;transform:translateY(12px)}}
header{padding:8px;padding-inline-start:20px;border-bottom:1px solid var(--line)}
.title{margin:0;font-size:16px;flex:1;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
section.panel{position:relative;z-index:0;inset:auto;background:none}
section header{justify-content:flex-end;border:0}
section .title{display:none}
.icon{place-items:center;display:grid;flex:none;width:44px}
.icon,.retry,.sent,.cut,.bar,blockquote,.notice .body,.tk-o,.tk-c{color:var(--dim)}
button:not(.launcher):hover{color:var(--f);background-color:var(--soft)}
.log,.scroll,pre{scrollbar-width:thin}
.log{outline-offset:-3px;flex:1;overflow:hidden auto;overscroll-behavior:contain}
.column{min-height:100%;max-width:46rem;margin:auto;padding:20px;display:flex;flex-direction:column}
.list,.queue{display:contents}
.welcome{font-size:1.5em;margin:auto;padding:20px;font-weight:600;line-height:1.3;text-align:center}
section .welcome{font-size:1.8em}
.msg{outline-offset:5px;border-radius:12px;animation:rise .2s;min-width:0;margin-bottom:20px;overflow-wrap:anywhere}
.person{align-self:flex-end;max-width:85%}
.person .body{margin-inline-start:auto;padding:8px 16px;background:var(--own);border-radius:20px;border-end-end-radius:5px;width:fit-content}
blockquote,.notice .body{padding-inline-start:12px;margin-inline:0;border-inline-start:3px solid var(--line)}
.plain{white-space:pre-wrap}
.body>:first-child{margin-top:0}
.body>:last-child{margin-bottom:0}
p,ul,ol,blockquote,.code,.scroll{margin-block:.7em}
h1,h2,h3,h4,h5,h6{margin-block:1em .5em;font-size:1.1em;line-height:1.3}
h1{font-size:1.25em}
ul,ol{padding-inline-start:1.5em}
li{margin-block:.25em}li>p{margin:0}
li:has(.task){margin-inline-start:-1.5em;list-style:none}
.task{height:1.2em;display:inline-grid;border:2px solid var(--dim);width:1.2em;vertical-align:-.2em;border-radius:4px;margin-inline-end:.5em}
.task svg{width:1em;stroke-width:4}
hr{margin-block:1em;border:0;border-top:1px solid var(--line)}
a{color:inherit;text-decoration:underline 2px var(--ring);text-underline-offset:3px}
a[data-host]::after{content:" (" attr(data-host) ")";color:var(--dim)}
code,pre{font:.88em/1.6 ui-monospace,monospace}
code,.code{padding:.1em .4em;border-radius:6px;background:var(--soft)}
.code{text-align:left;overflow:hidden;padding:0;border-radius:12px}
p>.math:only-child{display:block;overflow-x:auto;padding:12px 16px}
.math,.tk-c{font-style:italic}
.bar{justify-content:space-between;padding-left:16px}
.bar,.retry,.cut,.sent,.alert,.file{font-size:13px}
.tools svg,.bar svg,.file svg{width:18px}
pre{margin:0;outline-offset:-3px;overflow-x:auto;border-radius:12px;padding:0 16px 12px}
.tk-k{color:light-dark(#8a2f7a,#e5a3dc)}.tk-s{color:light-dark(#1d6436,#9bd8a6)}.tk-n,.tk-m{color:light-dark(#8f4300,#f0b67f)}.tk-f{color:light-dark(#1f5aa8,#9dc4f8)}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:12px}
table{font-size:.94em;border-collapse:collapse;font-variant-numeric:tabular-nums;min-width:100%}
th,td{text-align:start;padding:8px 16px;vertical-align:top}
th{background:var(--soft)}
td{border-top:1px solid var(--line)}
.to-center{text-align:center}.to-right{text-align:right}
.streaming p:last-child::after{content:"";width:.5em;background:var(--ring);animation:blink 1s infinite;height:1em;display:inline-block;margin-inline-start:.2em;vertical-align:-.1em}
@keyframes blink{50%{opacity:.15}}
.tools{margin-inline-start:-13px}
[aria-pressed=true] path{fill:currentColor}
.latest svg,button.bad svg{transform:scale(-1)}
.retry{padding-inline:12px}
.msg:not(:last-child)>.foot :is(.retry,.choices){display:none}
.choices{margin-top:12px}
.choice{border:1px solid var(--line);border-radius:20px;font-weight:600;padding:8px 16px;background:var(--b)}
.welcome+.choices{margin-bottom:20px;justify-content:center}
.cut,.sent{margin-top:5px}
.sent{justify-content:flex-end}
.bad>span,.cut{color:var(--bad)}
.plainly{padding-inline:10px;font-weight:600;text-decoration:underline}
.queue .msg:not(:has(.bad)) .body{opacity:.72}
.dots{padding:8px 0 20px}
.dots i{animation:blink 1s infinite;height:8px;border-radius:50%;width:8px;background:var(--dim)}
.dots i+i{animation-delay:.2s}.dots i+i+i{animation-delay:.4s}
.floor{position:relative;padding:0 12px 12px;max-width:46rem;margin-inline:auto;width:100%}
.latest{box-shadow:0 8px 24px #0004;z-index:1;background:var(--b);border-radius:50%;bottom:calc(100% + 8px);border:1px solid var(--line);position:absolute;left:calc(50% - 22px);color:var(--f)}
.alert{margin-bottom:8px;background:color-mix(in lab,var(--bad) 10%,var(--b));padding-inline:14px 4px;border-radius:12px}
.alert>span{padding:8px 0;flex:1}
.alert.calm{background:var(--soft)}
.composer{border:1px solid color-mix(in lab,var(--f) 50%,var(--b));padding:4px;border-radius:26px;background:var(--b)}
.composer:focus-within{border-color:var(--ring);box-shadow:0 0 0 1px var(--ring)}
.line{align-items:flex-end;gap:2px}
.line .icon{border-radius:50%}
textarea{resize:none;padding:10px 4px;line-height:24px;min-width:0;font-size:16px;flex:1;max-height:40vh}
textarea:focus{outline:0}
textarea::placeholder{opacity:1;color:var(--dim)}
.line .send{background:var(--a);color:var(--on)}
.line .send[aria-disabled=true]{background:var(--soft);cursor:default;color:var(--dim)}
.line .stop{background:var(--f);color:var(--b)}
.stop path{fill:currentColor}
.busy:not(.written) .send{display:none}
.files{padding:4px 0}
.file{border:1px solid var(--line);border-radius:20px;padding-inline:10px 12px;max-width:100%;min-height:36px}
.file bdi{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.waiting{opacity:.5}
@media(max-width:480px){
:host([open]) .launcher{display:none}
dialog.panel{inset:0;border-radius:0;width:100%;height:100dvh}
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
