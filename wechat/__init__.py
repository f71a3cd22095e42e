"""All that speaks WeChat: messages in (codec to callback), calls out (client) and the local WeChat
(sandbox).
"""
