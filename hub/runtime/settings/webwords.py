"""One line for each setting that an adapter's own config describes in its code only. Must not repeat a default."""

LINES = {
    "web.enabled": "serve the website channel and the chat page",
    "web.public_origin": "where people reach the hub, if not [server] public_url",
    "web.sessions_per_minute": "new visitors from one address in a minute; 0 = no limit",
    "web.uploads_per_minute": "files a visitor may send in a minute; 0 = no limit",
    "web.session_days": "days a visitor is remembered",
    "web.text_limit": "characters in one message, unless [limits] text says otherwise",
    "web.file_limit": "largest file, in bytes",
    "web.files_per_message": "files that may hang on one message",
    "web.sites.key": "name of the site in <parley-chat site=...>",
    "web.sites.origins": "pages that may use it, such as https://www.example.org; none = only the hub's own",
    "web.sites.require_identity": "only visitors your server has signed for",
    "web.sites.identity_secret": "what your server signs visitors with, at least 32 characters",
    "web.sites.tenant": "whose people they are",
    "web.sites.appearance.title": "heading of the widget",
    "web.sites.appearance.greeting": "first words of the widget",
    "web.sites.appearance.accent": "colour, such as #3366ff",
    "web.sites.appearance.position": "right or left",
    "web.sites.appearance.theme": "auto, light or dark",
    "web.sites.appearance.suggestions": "up to six questions to begin with",
}
