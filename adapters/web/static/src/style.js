// How the widget looks. One constructed sheet, so that no page's style policy has to allow anything.
// Pages theme it by --parley-accent, --parley-background, --parley-text, --parley-radius, --parley-font and ::part().

const CSS = `
:host{
--a:var(--parley-accent,var(--site-accent,#0f6a5b));
--b:var(--parley-background,light-dark(#fff,#191a1c));
--f:var(--parley-text,light-dark(#1d2023,#ececea));
--soft:color-mix(in oklab,var(--f) 6%,var(--b));
--line:color-mix(in oklab,var(--f) 14%,var(--b));
--dim:color-mix(in oklab,var(--f) 68%,var(--b));
--own:color-mix(in oklab,var(--a) 13%,var(--b));
--ring:light-dark(color-mix(in oklab,var(--a),#000 20%),color-mix(in oklab,var(--a),#fff 50%));
--bad:light-dark(#b3261e,#ffb4ab);
--r:var(--parley-radius,20px);
color-scheme:light dark;
font:15px/1.55 var(--parley-font,ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif);
color:var(--f);text-align:start}
:host([theme=light]){color-scheme:light}
:host([theme=dark]){color-scheme:dark}
:host([hidden]),[hidden]{display:none!important}
:host([mode=page]){display:block;block-size:100%;min-block-size:20rem}
*,::before,::after{box-sizing:border-box}
button,textarea{font:inherit;color:inherit;margin:0}
button{cursor:pointer;border:0;background:none;padding:0;-webkit-tap-highlight-color:transparent}
:focus-visible{outline:2px solid var(--ring);outline-offset:2px}
.hidden{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap;margin:0;padding:0;border:0}
svg{inline-size:22px;block-size:22px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round;flex:none}
.root{block-size:100%}
.launcher{position:fixed;inset-block-end:20px;inset-inline-end:20px;z-index:2147483000;inline-size:58px;block-size:58px;border-radius:50%;background:var(--a);color:var(--on);display:grid;place-items:center;box-shadow:0 2px 6px #0003,0 10px 28px #0003;transition:transform .18s}
.launcher:hover{transform:scale(1.05)}
.launcher svg{inline-size:28px;block-size:28px}
.left .launcher,.left .panel{inset-inline:20px auto}
.badge{position:absolute;inset-block-start:-4px;inset-inline-end:-4px;min-inline-size:22px;padding:0 6px;border-radius:11px;background:#c2241c;color:#fff;font-size:13px;font-weight:600;line-height:22px}
.panel{margin:0;padding:0;border:0;inline-size:100%;max-inline-size:none;block-size:100%;max-block-size:none;background:var(--b);color:inherit;display:flex;flex-direction:column;overflow:hidden;position:relative;text-align:start}
dialog.panel:not([open]){display:none}
dialog.panel{position:fixed;inset:auto;inset-block-end:92px;inset-inline-end:20px;z-index:2147483000;inline-size:min(408px,calc(100vw - 40px));block-size:min(660px,calc(100dvh - 116px));border-radius:var(--r);box-shadow:0 0 0 1px var(--line),0 4px 12px #0000001a,0 20px 60px #00000038;animation:rise .22s cubic-bezier(.2,.8,.3,1)}
@keyframes rise{from{opacity:0;transform:translateY(14px) scale(.985)}}
header{display:flex;align-items:center;gap:4px;padding:8px 8px 8px 20px;padding-inline:20px 8px;border-block-end:1px solid var(--line)}
h2.title{flex:1;font-size:16px;font-weight:650;line-height:1.3;margin:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
section.panel{background:none}
section header{position:absolute;inset-block-start:8px;inset-inline-end:8px;z-index:1;padding:0;border:0}
section .title{display:none}
.icon{inline-size:44px;block-size:44px;border-radius:14px;display:inline-grid;place-items:center;flex:none;color:var(--dim);transition:background .15s,color .15s}
.icon:hover{background:var(--soft);color:var(--f)}
.log{flex:1;overflow:hidden auto;overscroll-behavior:contain;scrollbar-width:thin;scrollbar-color:var(--line) transparent;outline-offset:-3px}
.column{max-inline-size:46rem;min-block-size:100%;margin:auto;padding:20px;display:flex;flex-direction:column}
section .column{padding-block:56px 20px}
.list,.queue{display:contents}
.welcome{margin:auto;padding:24px 8px;text-align:center;font-size:1.45em;font-weight:600;line-height:1.3;letter-spacing:-.01em;text-wrap:balance}
section .welcome{font-size:2.1em;letter-spacing:-.02em}
.msg{margin-block-end:20px;border-radius:12px;outline-offset:5px;min-inline-size:0;overflow-wrap:anywhere;animation:in .2s}
@keyframes in{from{opacity:0;transform:translateY(5px)}}
.person{align-self:flex-end;max-inline-size:85%;display:flex;flex-direction:column;align-items:flex-end}
.person .body{background:var(--own);padding:9px 15px;border-radius:18px;border-end-end-radius:5px}
.notice .body{border-inline-start:3px solid var(--line);padding-inline-start:12px;color:var(--dim)}
.plain{white-space:pre-wrap}
.body>:first-child{margin-block-start:0}
.body>:last-child{margin-block-end:0}
p,ul,ol,blockquote,.code,.scroll{margin-block:.7em}
h1,h2,h3,h4,h5,h6{font-size:1.04em;line-height:1.35;margin-block:1.15em .45em;font-weight:650}
h1{font-size:1.3em}.body h2{font-size:1.16em}
ul,ol{padding-inline-start:1.5em}
li{margin-block:.25em}li>p{margin:0}
li:has(.task){list-style:none;margin-inline-start:-1.4em}
.task{display:inline-grid;place-items:center;inline-size:1.1em;block-size:1.1em;margin-inline-end:.5em;border:1.5px solid var(--dim);border-radius:4px;vertical-align:-.15em}
.task svg{inline-size:1em;block-size:1em;stroke-width:3}
blockquote{margin-inline:0;padding-inline-start:14px;border-inline-start:3px solid var(--line);color:var(--dim)}
hr{border:0;border-block-start:1px solid var(--line);margin-block:1.2em}
a{color:inherit;text-decoration-color:var(--ring);text-decoration-thickness:2px;text-underline-offset:3px}
a[data-host]::after{content:" (" attr(data-host) ")";color:var(--dim);font-size:.86em}
code,pre{font:.88em/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;direction:ltr;unicode-bidi:isolate}
code{background:var(--soft);border-radius:6px;padding:.12em .38em}
.math{font-style:italic}
.code{border-radius:12px;background:var(--soft);text-align:left;overflow:hidden}
.bar{display:flex;align-items:center;justify-content:space-between;padding-inline:16px 2px;font-size:13px;color:var(--dim)}
.bar .icon{border-radius:10px}
.copy svg,.again svg,.file svg{inline-size:18px;block-size:18px}
pre{margin:0;padding:0 16px 14px;overflow-x:auto;tab-size:4;outline-offset:-3px;border-radius:12px}
pre code{background:none;padding:0;font-size:1em}
.tk-k{color:light-dark(#8a2f7a,#e5a3dc)}.tk-s{color:light-dark(#1d6436,#9bd8a6)}.tk-c{color:light-dark(#5c6370,#a0a6ae);font-style:italic}.tk-n{color:light-dark(#8f4300,#f0b67f)}.tk-m{color:light-dark(#8f4300,#f0b67f)}.tk-f{color:light-dark(#1f5aa8,#9dc4f8)}.tk-o{color:var(--dim)}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:12px}
table{border-collapse:collapse;min-inline-size:100%;font-size:.94em}
th,td{padding:8px 14px;text-align:start;vertical-align:top;overflow-wrap:normal}
th{font-weight:650;background:var(--soft)}
tr+tr>*,tbody>tr>*{border-block-start:1px solid var(--line)}
.to-center{text-align:center}.to-right{text-align:right}.to-left{text-align:left}
.streaming .body>:last-child:is(p,h1,h2,h3,h4)::after{content:"";display:inline-block;inline-size:.5em;block-size:1.05em;margin-inline-start:.2em;border-radius:2px;background:var(--a);vertical-align:-.15em;animation:blink 1s infinite}
@keyframes blink{50%{opacity:.15}}
.tools{display:flex;align-items:center;margin-block-start:2px;margin-inline-start:-13px}
.again{display:inline-flex;align-items:center;gap:7px;min-block-size:44px;padding-inline:12px;border-radius:14px;color:var(--dim);font-size:14px}
.again:hover{background:var(--soft);color:var(--f)}
.msg:not(:last-child)>.foot :is(.again,.choices){display:none}
.choices{display:flex;flex-wrap:wrap;gap:8px;margin-block-start:12px}
.choice{min-block-size:44px;padding:8px 18px;border:1px solid var(--line);border-radius:22px;background:var(--b);font-weight:550;transition:background .15s}
.choice:hover,.plainly:hover{background:var(--soft)}
.welcome+.choices{justify-content:center;margin-block-end:20px}
.cut,.sent{font-size:13px;color:var(--dim);margin-block-start:5px}
.sent{display:flex;flex-wrap:wrap;align-items:center;justify-content:flex-end;gap:0 4px}
.bad>span,.cut{color:var(--bad)}
.plainly{min-block-size:44px;padding-inline:10px;border-radius:12px;font-weight:600;text-decoration:underline;text-underline-offset:3px}
.queue .msg:not(:has(.bad)) .body{opacity:.72}
.dots{display:flex;gap:5px;padding-block:8px 22px}
.dots i{inline-size:8px;block-size:8px;border-radius:50%;background:var(--dim);animation:blink 1.1s infinite}
.dots i:nth-child(2){animation-delay:.18s}.dots i:nth-child(3){animation-delay:.36s}
.floor{position:relative;max-inline-size:46rem;inline-size:100%;margin-inline:auto;padding:0 12px 12px}
.latest{position:absolute;inset-block-end:calc(100% + 8px);inset-inline-start:calc(50% - 22px);border-radius:50%;background:var(--b);border:1px solid var(--line);box-shadow:0 3px 12px #0002;color:var(--f);z-index:1}
.alert{display:flex;align-items:center;gap:4px 8px;margin-block-end:8px;padding-inline:14px 4px;min-block-size:46px;border-radius:14px;background:color-mix(in oklab,var(--bad) 10%,var(--b));font-size:14px;line-height:1.4}
.alert>span{flex:1;padding-block:8px}
.alert.calm{background:var(--soft)}
.composer{border:1px solid color-mix(in oklab,var(--f) 50%,var(--b));border-radius:22px;background:var(--b);padding:4px;transition:border-color .15s,box-shadow .15s}
.composer:focus-within{border-color:var(--ring);box-shadow:0 0 0 1px var(--ring)}
.line{display:flex;align-items:flex-end;gap:2px}
.line .icon{border-radius:50%}
textarea{flex:1;min-inline-size:0;resize:none;border:0;background:none;padding:10px 4px;line-height:24px;font-size:16px;max-block-size:40vh;scrollbar-width:thin}
textarea:focus{outline:0}
textarea::placeholder{color:var(--dim);opacity:1}
.line .send,.line .stop{background:var(--a);color:var(--on)}
.line .send[aria-disabled=true]{background:var(--soft);color:var(--dim);cursor:default}
.line .stop{background:var(--f);color:var(--b)}
.stop path{fill:currentColor}
.busy:not(.written) .send{display:none}
.files{display:flex;flex-wrap:wrap;gap:6px;padding:4px}
.foot>.files{padding:6px 0 0}
.file{display:inline-flex;align-items:center;gap:6px;max-inline-size:100%;min-block-size:36px;padding-inline:10px 12px;border:1px solid var(--line);border-radius:12px;font-size:13.5px}
.file bdi{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.file:has(.drop){padding-inline-end:0}
.waiting{animation:blink 1.2s infinite}
.over .composer{border-style:dashed;border-color:var(--a);background:var(--own)}
@media(max-width:480px){
.root.open .launcher{display:none}
dialog.panel{inset:0;inline-size:100%;block-size:100dvh;border-radius:0;box-shadow:none}
section .welcome{font-size:1.7em}
.column{padding-inline:16px}.person{max-inline-size:90%}}
@media(prefers-reduced-motion:reduce){*,::before,::after{animation:none!important;transition:none!important}}
@media(forced-colors:active){.launcher,.icon,.choice,.person .body,.code,.file,.alert,dialog.panel{border:1px solid ButtonBorder}.badge,.dots i{border:3px solid CanvasText}.streaming .body>:last-child::after{background:CanvasText!important}svg{stroke:ButtonText}}
`;

let sheet;

/** The sheet, made once and shared by every widget of the page. */
export const sharedSheet = () => {
  if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(CSS);
  return sheet;
};
