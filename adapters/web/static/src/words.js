// Everything the widget itself says, in four languages. Knows words; must not know the screen.

/** Which line of a language says it. Numbers, so that no key has to travel: building leaves only them. */
export const W = {
  title: 0, greeting: 1, open: 2, close: 3, unread: 4, fresh: 5, write: 6, send: 7, stop: 8,
  attach: 9, remove: 10, retry: 11, copy: 12, copied: 13, good: 14, bad: 15, latest: 16, you: 17,
  assistant: 18, typing: 19, code: 20, waiting: 21, failed: 22, cut: 23, offline: 24, lost: 25, large: 26,
};

const WORDS = {
  en: `Chat
How can I help?
Open chat
Close chat
unread
New conversation
Write a message
Send
Stop
Attach file
Remove
Try again
Copy
Copied
Good
Bad
Jump to latest
You said
Assistant said
Writing an answer
Code
Not sent yet
Not sent
Incomplete
You are offline. Messages are sent later.
The chat cannot be reached.
Too large`,
  de: `Chat
Wie kann ich helfen?
Chat öffnen
Chat schließen
ungelesen
Neues Gespräch
Nachricht schreiben
Senden
Anhalten
Datei anhängen
Entfernen
Nochmal versuchen
Kopieren
Kopiert
Gut
Schlecht
Zum Neuesten
Du sagtest
Assistent sagte
Antwort wird geschrieben
Code
Noch nicht gesendet
Nicht gesendet
Unvollständig
Du bist offline. Nachrichten werden später gesendet.
Der Chat ist nicht erreichbar.
Zu groß`,
  es: `Chat
¿En qué puedo ayudar?
Abrir chat
Cerrar chat
sin leer
Nueva conversación
Escribe un mensaje
Enviar
Detener
Adjuntar archivo
Quitar
Reintentar
Copiar
Copiado
Bien
Mal
Ir a lo último
Dijiste
El asistente dijo
Escribiendo una respuesta
Código
Aún sin enviar
No enviado
Incompleto
Sin conexión. Los mensajes se envían después.
No se puede conectar con el chat.
Demasiado grande`,
  ar: `محادثة
كيف يمكنني مساعدتك؟
فتح المحادثة
إغلاق المحادثة
غير مقروءة
محادثة جديدة
اكتب رسالة
إرسال
إيقاف
إرفاق ملف
إزالة
إعادة المحاولة
نسخ
تم النسخ
جيد
سيئ
الانتقال إلى الأحدث
قلت
قال المساعد
جارٍ كتابة الرد
شيفرة
لم تُرسل بعد
لم تُرسل
غير مكتمل
أنت غير متصل. تُرسل الرسائل لاحقًا.
يتعذر الوصول إلى المحادثة.
كبير جدًا`,
};

/** Pick one of our languages from a BCP 47 tag; English where we have none. */
export const pickLanguage = (tag) => {
  const language = (tag || "").slice(0, 2).toLowerCase();
  return WORDS[language] ? language : "en";
};

/** A function from one of W to its words in `language`. */
export const speaker = (language) => {
  const lines = WORDS[language].split("\n");
  return (line) => lines[line];
};
