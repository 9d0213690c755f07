// The hub's own page: language, light and dark, copy buttons, the way to the chat. Knows this page only.

const WORDS = {
  next: ["Next steps", "Nächste Schritte", "Siguientes pasos", "الخطوات التالية"],
  back: ["Back to chat", "Zurück zum Chat", "Volver al chat", "العودة إلى المحادثة"],
  language: ["Language", "Sprache", "Idioma", "اللغة"],
  dark: ["Dark mode", "Dunkle Ansicht", "Modo oscuro", "الوضع الداكن"],
  guide: ["Make it yours", "Mach es zu deinem", "Hazlo tuyo", "اجعله ملكك"],
  honest: [
    "Until you connect a model, the built-in demo answers: a small script that knows Parley, not a language model.",
    "Solange kein Modell verbunden ist, antwortet die eingebaute Demo: ein kleines Skript, das Parley kennt, kein Sprachmodell.",
    "Mientras no conectes un modelo responde la demo incluida: un pequeño programa que conoce Parley, no un modelo de lenguaje.",
    "إلى أن تربط نموذجًا، يجيبك العرض التجريبي المدمج: برنامج صغير يعرف Parley وليس نموذجًا لغويًا.",
  ],
  talk: ["Talk now", "Jetzt reden", "Habla ahora", "تحدّث الآن"],
  tryAbout: ["What can you do?", "Was kannst du?", "¿Qué puedes hacer?", "ماذا يمكنك أن تفعل؟"],
  tryMarkdown: ["Show markdown", "Zeig Markdown", "Muestra Markdown", "أرني ماركداون"],
  tryLong: ["Give me a long answer", "Gib mir eine lange Antwort", "Dame una respuesta larga", "أعطني إجابة طويلة"],
  model: ["Connect a real model", "Ein echtes Modell verbinden", "Conecta un modelo real", "اربط نموذجًا حقيقيًا"],
  modelHow: [
    "Put one of these lines into the file .env and start again:",
    "Eine dieser Zeilen in die Datei .env schreiben und neu starten:",
    "Pon una de estas líneas en el archivo .env y vuelve a iniciar:",
    "ضع أحد هذه الأسطر في الملف ‎.env ثم أعد التشغيل:",
  ],
  modelLocal: [
    "No key? This starts Parley with a small real model on this computer:",
    "Kein Schlüssel? So startet Parley mit einem kleinen echten Modell auf diesem Rechner:",
    "¿Sin clave? Esto inicia Parley con un pequeño modelo real en este equipo:",
    "لا تملك مفتاحًا؟ هذا يشغّل Parley مع نموذج حقيقي صغير على هذا الحاسوب:",
  ],
  site: ["Put it on your website", "Auf die eigene Website setzen", "Ponlo en tu sitio web", "ضعه في موقعك"],
  siteHow: ["Paste this before the end of the page:", "Das vor dem Ende der Seite einfügen:", "Pega esto antes del final de la página:", "ألصق هذا قبل نهاية الصفحة:"],
  siteAllow: [
    "And allow the website’s address in settings.local.toml:",
    "Und die Adresse der Website in settings.local.toml erlauben:",
    "Y permite la dirección del sitio en settings.local.toml:",
    "واسمح بعنوان الموقع في settings.local.toml:",
  ],
  well: ["Telegram, Slack, Discord", "Telegram, Slack, Discord", "Telegram, Slack, Discord", "تيليجرام وسلاك وديسكورد"],
  tokenHow: [
    "Put the bot’s token into the file .env and start again; the demo knows where to get one:",
    "Das Token des Bots in die Datei .env schreiben und neu starten; die Demo weiß, woher man eines bekommt:",
    "Pon el token del bot en el archivo .env y vuelve a iniciar; la demo sabe dónde conseguirlo:",
    "ضع رمز البوت في الملف ‎.env ثم أعد التشغيل؛ والعرض التجريبي يعرف من أين تحصل عليه:",
  ],
  doctorHow: [
    "This says what is missing and how to mend it:",
    "Das sagt, was fehlt und wie man es behebt:",
    "Esto dice qué falta y cómo arreglarlo:",
    "هذا يخبرك بما ينقص وكيف تصلحه:",
  ],
  copy: ["Copy", "Kopieren", "Copiar", "نسخ"],
  copied: ["Copied", "Kopiert", "Copiado", "تم النسخ"],
};
const LANGUAGES = ["en", "de", "es", "ar"];

const find = (id) => document.getElementById(id);
const kept = (name) => {
  try {
    return localStorage.getItem("parley-page:" + name);
  } catch {
    return null;
  }
};
const keep = (name, value) => {
  try {
    localStorage.setItem("parley-page:" + name, value);
  } catch {
    // Storage is forbidden; the choice lasts as long as the page.
  }
};

const root = document.documentElement;
const chat = find("chat");
let language;
const say = (key) => WORDS[key][LANGUAGES.indexOf(language)];

const speak = (wanted) => {
  language = LANGUAGES.includes(wanted) ? wanted : "en";
  root.lang = language;
  root.dir = language == "ar" ? "rtl" : "ltr";
  find("language").value = language;
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = say(element.dataset.say);
  for (const element of document.querySelectorAll("[data-label]")) element.ariaLabel = element.title = say(element.dataset.label);
  show(document.body.classList.contains("guided"));
  if (chat.getAttribute("lang") != language) chat.setAttribute("lang", language);
};

const paint = (theme) => {
  const dark = theme ? theme == "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  if (theme) {
    root.dataset.theme = theme;
    chat.setAttribute("theme", theme);
  }
  find("theme").ariaPressed = dark;
};

const show = (guide) => {
  document.body.classList.toggle("guided", guide);
  find("next").ariaExpanded = guide;
  find("next").textContent = say(guide ? "back" : "next");
};

const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "unseen";
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
};

find("embed").textContent =
  `<script type="module" src="${new URL("widget.js", location.href)}"></` + `script>\n<parley-chat site="default"></parley-chat>`;

find("language").addEventListener("change", (event) => (keep("language", event.target.value), speak(event.target.value)));
find("theme").addEventListener("click", () => {
  const theme = find("theme").ariaPressed == "true" ? "light" : "dark";
  keep("theme", theme);
  paint(theme);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paint(kept("theme")));
find("next").addEventListener("click", () => show(!document.body.classList.contains("guided")));
for (const button of document.querySelectorAll("[data-draft]"))
  button.addEventListener("click", () => {
    show(false);
    chat.draft(button.textContent);
  });
for (const button of document.querySelectorAll(".copy"))
  button.addEventListener("click", async () => {
    await copy(button.previousElementSibling.textContent);
    button.textContent = find("status").textContent = say("copied");
    button.focus();
    setTimeout(() => (button.textContent = say("copy")), 1500);
  });

paint(kept("theme"));
speak(kept("language") || new URLSearchParams(location.search).get("lang") || navigator.language.slice(0, 2));
