// Everything the widget itself says, in four languages. Knows words; must not know the screen.

export const LANGUAGES = ["en", "de", "es", "ar"];

const WORDS = {
  title: ["Chat", "Chat", "Chat", "محادثة"],
  greeting: ["How can I help?", "Wie kann ich helfen?", "¿En qué puedo ayudar?", "كيف يمكنني مساعدتك؟"],
  open: ["Open chat", "Chat öffnen", "Abrir chat", "فتح المحادثة"],
  close: ["Close chat", "Chat schließen", "Cerrar chat", "إغلاق المحادثة"],
  unread: ["unread", "ungelesen", "sin leer", "غير مقروءة"],
  fresh: ["New conversation", "Neue Unterhaltung", "Nueva conversación", "محادثة جديدة"],
  log: ["Conversation", "Unterhaltung", "Conversación", "المحادثة"],
  write: ["Write a message", "Nachricht schreiben", "Escribe un mensaje", "اكتب رسالة"],
  send: ["Send", "Senden", "Enviar", "إرسال"],
  stop: ["Stop", "Stopp", "Detener", "إيقاف"],
  attach: ["Attach file", "Datei anhängen", "Adjuntar archivo", "إرفاق ملف"],
  remove: ["Remove", "Entfernen", "Quitar", "إزالة"],
  retry: ["Try again", "Nochmal versuchen", "Reintentar", "إعادة المحاولة"],
  copy: ["Copy", "Kopieren", "Copiar", "نسخ"],
  copied: ["Copied", "Kopiert", "Copiado", "تم النسخ"],
  latest: ["Jump to latest", "Zum Neuesten", "Ir a lo último", "الانتقال إلى الأحدث"],
  you: ["You said", "Sie sagten", "Dijiste", "قلت"],
  assistant: ["Assistant said", "Assistent sagte", "El asistente dijo", "قال المساعد"],
  notice: ["Notice", "Hinweis", "Aviso", "إشعار"],
  typing: ["Writing an answer", "Antwort wird geschrieben", "Escribiendo una respuesta", "جارٍ كتابة الرد"],
  code: ["Code", "Code", "Código", "شيفرة"],
  table: ["Table", "Tabelle", "Tabla", "جدول"],
  done: ["Done", "Erledigt", "Hecho", "منجز"],
  undone: ["Not done", "Offen", "Pendiente", "غير منجز"],
  waiting: ["Not sent yet", "Noch nicht gesendet", "Aún sin enviar", "لم تُرسل بعد"],
  failed: ["Not sent", "Nicht gesendet", "No enviado", "لم تُرسل"],
  cut: ["Incomplete", "Unvollständig", "Incompleto", "غير مكتمل"],
  connecting: ["Connecting…", "Verbinde …", "Conectando…", "جارٍ الاتصال…"],
  offline: [
    "You are offline. Your messages are kept and sent later.",
    "Sie sind offline. Nachrichten werden aufbewahrt und später gesendet.",
    "Sin conexión. Tus mensajes se guardan y se envían después.",
    "أنت غير متصل. تُحفظ رسائلك وتُرسل لاحقًا.",
  ],
  lost: [
    "The chat cannot be reached right now.",
    "Der Chat ist gerade nicht erreichbar.",
    "No se puede conectar con el chat.",
    "يتعذر الوصول إلى المحادثة الآن.",
  ],
  busy: ["Busy. Trying again soon.", "Ausgelastet. Gleich neuer Versuch.", "Ocupado. Reintentando en breve.", "مشغول. ستُعاد المحاولة قريبًا."],
  large: ["Too large", "Zu groß", "Demasiado grande", "كبير جدًا"],
  full: ["Too many unsent messages", "Zu viele ungesendete Nachrichten", "Demasiados mensajes sin enviar", "رسائل كثيرة لم تُرسل"],
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
