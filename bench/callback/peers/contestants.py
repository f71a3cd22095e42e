"""Who takes part.  {port}, {here}, {python} and {tmp} (an empty folder, fresh each start) are filled in; add the project's server as one more entry.

cmd: how to start it (its own virtual environment is fine)   path: the callback's path
reply: 'echo' when it answers '收到:' + content, 'success' when it answers that word or an empty body,
       'any' when it answers a text of its own (signature, addressee and encryption are checked)
text: what every message says (default: varied)   patience_s: how long its start may take (default 10)
A command with {openids} gets a file with the openids that will write in this round, one a line: bind them before serving, so that
with text '签到' each message is a first check-in by a bound member; print afterwards how many check-ins the database holds.
"""
GUNICORN = ("{python} -m gunicorn -k gthread -w 2 --threads 4 --keep-alive 30 --backlog 512 -b 127.0.0.1:{port} "
            "--chdir {here} --pythonpath {here},{here}/servers --log-level warning ")
GRANIAN = ("env PYTHONPATH={here}:{here}/servers DURABLE_DB={tmp}/d.db DURABLE_BY=%s {python} -m granian --interface wsgi --host 127.0.0.1 "
           "--port {port} --workers %d --blocking-threads %d --http 1 --no-ws --log-level warning ")

OURS = "env PYTHONSAFEPATH=1 PYTHONPATH=$PIONEER_ROOT $PIONEER_PYTHON -m bench.callback.serve "

CONTESTANTS = {
    "pioneer-echo": {"cmd": OURS + "echo {port} {tmp}", "path": "/wechat/callback", "reply": "echo"},
    "pioneer-full": {
        "cmd": OURS + "full {port} {tmp} {openids}", "path": "/wechat/callback", "reply": "any", "text": "签到", "patience_s": 120,
        "after": OURS + "count {tmp}",
    },
    "noop-wsgi": {"cmd": GUNICORN + "noop_wsgi:app", "path": "/wechat", "reply": "success"},
    "bare-wsgi": {"cmd": GUNICORN + "bare_wsgi:app", "path": "/wechat", "reply": "echo"},
    "lean-flask": {"cmd": GUNICORN + "lean_flask:app", "path": "/wechat", "reply": "echo"},
    "wechatpy-flask": {"cmd": GUNICORN + "wechatpy_flask:app", "path": "/wechat", "reply": "echo"},
    "werobot": {"cmd": GUNICORN + "werobot_app:app", "path": "/wechat", "reply": "echo"},
    "co-wechat-koa": {"cmd": "node {here}/servers/co_wechat.js {port}", "path": "/wechat", "reply": "echo"},
    "wechat-express": {"cmd": "node {here}/servers/express_wechat.js {port}", "path": "/wechat", "reply": "echo"},
    "granian-noop": {"cmd": GRANIAN % ("-", 2, 4) + "noop_wsgi:app", "path": "/wechat", "reply": "success"},
    "granian-bare": {"cmd": GRANIAN % ("-", 2, 1) + "bare_wsgi:app", "path": "/wechat", "reply": "echo"},
    "granian-lean-flask": {"cmd": GRANIAN % ("-", 2, 1) + "lean_flask:app", "path": "/wechat", "reply": "echo"},
    "durable-raw": {"cmd": GRANIAN % ("raw", 1, 1) + "durable_wsgi:app", "path": "/wechat", "reply": "echo"},
    "durable-raw-2x4": {"cmd": GRANIAN % ("raw", 2, 4) + "durable_wsgi:app", "path": "/wechat", "reply": "echo"},
    "durable-core": {"cmd": GRANIAN % ("core", 1, 1) + "durable_wsgi:app", "path": "/wechat", "reply": "echo"},
    "durable-orm": {"cmd": GRANIAN % ("orm", 1, 1) + "durable_wsgi:app", "path": "/wechat", "reply": "echo"},
}
