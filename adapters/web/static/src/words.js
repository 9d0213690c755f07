// Everything the widget itself says, in four languages. Knows words; must not know the screen.

export const LANGUAGES = ["en", "de", "es", "ar"];

const WORDS = {
  title: ["Chat", "Chat", "Chat", "محادثة"],
  greeting: ["How can I help?", "Wie kann ich helfen?", "¿En qué puedo ayudar?", "كيف يمكنني مساعدتك؟"],
  open: ["Open chat", "Chat öffnen", "Abrir chat", "فتح المحادثة"],
  close: ["Close chat", "Chat schließen", "Cerrar chat", "إغلاق المحادثة"],
  unread: ["unread", "ungelesen", "sin leer", "غير مقروءة"],
  fresh: ["New conversation", "Neue Unterhaltung", "Nueva conversación", "محادثة جديدة"],
  write: ["Write a message", "Nachricht schreiben", "Escribe un mensaje", "اكتب رسالة"],
  send: ["Send", "Senden", "Enviar", "إرسال"],
  stop: ["Stop", "Stopp", "Detener", "إيقاف"],
  attach: ["Attach file", "Datei anhängen", "Adjuntar archivo", "إرفاق ملف"],
  remove: ["Remove", "Entfernen", "Quitar", "إزالة"],
  retry: ["Try again", "Nochmal versuchen", "Reintentar", "إعادة المحاولة"],
  copy: ["Copy", "Kopieren", "Copiar", "نسخ"],
  copied: ["Copied", "Kopiert", "Copiado", "تم النسخ"],
  good: ["Good", "Gut", "Bien", "جيد"],
  bad: ["Bad", "Schlecht", "Mal", "سيئ"],
  latest: ["Jump to latest", "Zum Neuesten", "Ir a lo último", "الانتقال إلى الأحدث"],
  you: ["You said", "Sie sagten", "Dijiste", "قلت"],
  assistant: ["Assistant said", "Assistent sagte", "El asistente dijo", "قال المساعد"],
  typing: ["Writing an answer", "Antwort wird geschrieben", "Escribiendo una respuesta", "جارٍ كتابة الرد"],
  code: ["Code", "Code", "Código", "شيفرة"],
  waiting: ["Not sent yet", "Noch nicht gesendet", "Aún sin enviar", "لم تُرسل بعد"],
  failed: ["Not sent", "Nicht gesendet", "No enviado", "لم تُرسل"],
  cut: ["Incomplete", "Unvollständig", "Incompleto", "غير مكتمل"],
  offline: [
    "You are offline. Messages are sent later.",
    "Sie sind offline. Nachrichten werden später gesendet.",
    "Sin conexión. Los mensajes se envían después.",
    "أنت غير متصل. تُرسل الرسائل لاحقًا.",
  ],
  lost: [
    "The chat cannot be reached.",
    "Der Chat ist nicht erreichbar.",
    "No se puede conectar con el chat.",
    "يتعذر الوصول إلى المحادثة.",
  ],
  large: ["Too large", "Zu groß", "Demasiado grande", "كبير جدًا"],
};

/** Pick one of our languages from a BCP 47 tag; English where we have none. */
export const pickLanguage = (tag) => {
  const language = (tag || "").slice(0, 2).toLowerCase();
  return LANGUAGES.includes(language) ? language : "en";
};

/** A function from word key to text in `language`. */
export const speaker = (language) => {
  const column = LANGUAGES.indexOf(language);
  return (key) => WORDS[key][column];
};
