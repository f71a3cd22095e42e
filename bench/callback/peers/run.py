"""HTTP throughput of callback servers in safe mode; see README.md."""
import argparse
import http.client
import json
import os
import re
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import messages
import settings as S
from contestants import CONTESTANTS
from lean import Codec, flat_xml, same, sign

HERE = os.path.dirname(os.path.abspath(__file__))
TICK = os.sysconf("SC_CLK_TCK")
codec = Codec(S.TOKEN, S.AES_KEY, S.APPID)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def group_cpu(pgid):
    """({pid: CPU seconds so far}, resident MiB) of the processes of a process group."""
    cpu, rss = {}, 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as f:
                v = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(v[2]) == pgid:
            cpu[pid] = (int(v[11]) + int(v[12])) / TICK
            rss += int(v[21])
    return cpu, rss * os.sysconf("SC_PAGE_SIZE") / 2**20


def post(port, path, query, body):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    c.request("POST", f"{path}?{query}", body.encode(), {"Content-Type": "text/xml"})
    r = c.getresponse()
    data = r.read()
    c.close()
    return r.status, data


def check(c, port, first, n):
    """The contestant must answer rightly, and refuse a bad signature."""
    now = int(time.time())
    for i in range(first, first + n):
        query, body, plain = messages.message(codec, i, now, c.get("text"))
        status, data = post(port, c["path"], query, body)
        assert status == 200, (status, data[:200])
        if c["reply"] == "success":
            assert data in (b"success", b""), data[:200]
            continue
        e = flat_xml(data)
        assert same(sign(S.TOKEN, e["TimeStamp"], e["Nonce"], e["Encrypt"]), e["MsgSignature"])
        got, sent = flat_xml(codec.decrypt(e["Encrypt"]).strip()), flat_xml(plain.encode())
        assert c["reply"] == "any" and got["Content"] or got["Content"] == "收到:" + sent["Content"], got
        assert (got["ToUserName"], got["FromUserName"]) == (sent["FromUserName"], sent["ToUserName"])
    if c["reply"] != "success":
        query, body, _ = messages.message(codec, first, now, c.get("text"))
        status, _ = post(port, c["path"], re.sub(r"signature=.{4}", "signature=0000", query), body)
        assert status >= 400, "a forged request was taken"


def start(name, python, numbers):
    c, port = CONTESTANTS[name], free_port()
    tmp = tempfile.mkdtemp(prefix="bench-")
    if "{openids}" in c["cmd"]:                               # who will write in this round: a contestant may know them before
        with open(os.path.join(tmp, "openids.txt"), "w", encoding="ascii") as f:
            f.writelines(messages.openid_of(i) + "\n" for i in numbers)
    cmd = shlex.split(os.path.expandvars(c["cmd"].format(port=port, here=HERE, python=python, tmp=tmp, openids=os.path.join(tmp, "openids.txt"))))
    p = subprocess.Popen(cmd, cwd=HERE, start_new_session=True, stdout=subprocess.DEVNULL,
                         stderr=open(os.path.join(tempfile.gettempdir(), f"bench-{name}.log"), "w"))
    for _ in range(c.get("patience_s", 10) * 10):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return {**c, "tmp": tmp}, p, port
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{name} did not start")


def stop(p):
    os.killpg(p.pid, signal.SIGTERM)
    try:
        p.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)


def one_round(name, args, first, path):
    c, p, port = start(name, args.python, range(first, first + 100 + args.warm + args.count))
    try:
        check(c, port, first, 20)
        def wrk(seconds, file):
            out = subprocess.run(
                ["wrk", "-t1", f"-c{args.connections}", f"-d{seconds}s", "-s", os.path.join(HERE, "replay.lua"),
                 f"http://127.0.0.1:{port}", "--", file, c["path"], "close" if args.close else "keep"],
                capture_output=True, text=True, timeout=seconds + 60).stdout
            return {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", out.split("RESULT")[1])}
        messages.write(args.warm, first + 100, path, c.get("text"))
        wrk(2, path)                                          # warm-up
        messages.write(args.count, first + 100 + args.warm, path, c.get("text"))
        cpu0, _ = group_cpu(p.pid)
        r = wrk(args.seconds, path)
        cpu1, rss = group_cpu(p.pid)
        assert r["requests"] > 0
        spent = [t - cpu0.get(pid, 0) for pid, t in cpu1.items()]
        return {
            "rps": r["requests"] / r["us"] * 1e6, "cpu_us": sum(spent) / r["requests"] * 1e6,
            "top_pct": 100 * max(spent) / sum(spent),
            "p50_ms": r["p50"] / 1e3, "p99_ms": r["p99"] / 1e3, "max_ms": r["max"] / 1e3, "rss_mib": rss,
            "bad": r["non2xx"] + r["connect"] + r["read"] + r["write"] + r["timeout"],
            "repeats": max(0, r["requests"] - args.count),
        }
    finally:
        stop(p)
        if "after" in c:                                      # what the contestant has to say about its own database
            subprocess.run(shlex.split(os.path.expandvars(c["after"].format(tmp=c["tmp"]))), check=True)
        shutil.rmtree(c["tmp"], ignore_errors=True)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("names", nargs="*", default=list(CONTESTANTS), help="contestants (default: all)")
    ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--seconds", type=int, default=8)
    ap.add_argument("--connections", type=int, default=16)
    ap.add_argument("--close", action="store_true", help="a connection for each request, as behind a plain proxy")
    ap.add_argument("--count", type=int, default=60000, help="distinct messages a round")
    ap.add_argument("--warm", type=int, default=8000)
    ap.add_argument("--python", default=sys.executable, help="interpreter of the gunicorn contestants")
    ap.add_argument("--base", default="bare-wsgi", help="whose figures are 1.00")
    ap.add_argument("--json", help="write all rounds here")
    args = ap.parse_args()
    rounds, first = {n: [] for n in args.names}, 1
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, "requests.txt")
        for k in range(args.rounds):
            order = args.names[k % len(args.names):] + args.names[:k % len(args.names)]
            for name in order:                                # interleaved, so that noise falls on all
                r = one_round(name, args, first, path)
                first += args.count + args.warm + 1000
                rounds[name].append(r)
                print(f"round {k + 1} {name:16} " + " ".join(f"{a}={b:.1f}" for a, b in r.items()), flush=True)
    med = {n: {a: statistics.median(x[a] for x in v) for a in v[0]} for n, v in rounds.items()}
    base = rounds.get(args.base) or next(iter(rounds.values()))

    def ratio(name, key):                                     # within each round, so that slow phases of the machine cancel out
        return statistics.median(x[key] / b[key] for x, b in zip(rounds[name], base))

    print(f"\nmedian of {args.rounds} rounds, {args.connections} connections, "
          f"{'a new one for each request' if args.close else 'kept alive'}")
    print(f"{'':16} {'req/s':>8} {'ratio':>6} {'CPU us/req':>11} {'ratio':>6} {'p50 ms':>7} {'p99 ms':>7} {'RSS MiB':>8} {'top %':>6} {'bad':>4}")
    for n, m in med.items():
        print(f"{n:16} {m['rps']:8.0f} {ratio(n, 'rps'):6.2f} {m['cpu_us']:11.0f} {ratio(n, 'cpu_us'):6.2f} "
              f"{m['p50_ms']:7.2f} {m['p99_ms']:7.2f} {m['rss_mib']:8.0f} {m['top_pct']:6.0f} {m['bad']:4.0f}")
    if args.json:
        with open(args.json, "w") as f:
            json.dump({"rounds": rounds, "median": med}, f, indent=1)


if __name__ == "__main__":
    main()
