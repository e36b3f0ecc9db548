"""Runs the examples of the reference as they stand, with an account's id and this server's address put in.

The TypeScript SDK is not on a registry, so its examples are not run.
"""

import os
import re
import subprocess
import sys
import tempfile
import urllib.request

base, account = os.environ["BASE"], os.environ["ACCOUNT"]
program = os.environ["CROSSWALK"]
ran, failed = {}, []


def run(label, code):
    with tempfile.TemporaryDirectory() as folder:
        if label in ("curl", "CLI"):
            code = f'crosswalk() {{ "{program}" "$@"; }}\n{code}'
            command = ["bash", "-euo", "pipefail", "-c", code]
        elif label == "JavaScript":
            command = ["node", "--input-type=module", "-e", code]
        else:
            path = os.path.join(folder, "example.py")
            with open(path, "w") as file:
                file.write(code)
            command = [sys.executable, path]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)


for page in ("unified", "proxy", "accounts", "connectors"):
    text = urllib.request.urlopen(f"{base}/docs/{page}.md").read().decode()
    for section in text.split("\n## ")[1:]:
        call = re.search(r"^`GET (\S+)`$", section, re.M)
        if not call:
            continue
        if "{id}" in call[1] and not call[1].startswith(("/integrated-account", "/proxy", "/unified")):
            print(f"skipped: {call[1]}, which a fresh demo has none of")
            continue
        for label, code in re.findall(r"^([A-Za-z ]+):\n\n```\w+\n(.*?)\n```", section, re.M | re.S):
            if label == "TypeScript SDK":
                continue
            code = code.replace("YOUR_ACCOUNT_ID", account).replace("http://127.0.0.1:8080", base)
            done = run(label, code)
            said = done.stdout + done.stderr
            is_bad = done.returncode != 0 or '"statusCode"' in said or not done.stdout.strip()
            if label in ("JavaScript", "Python"):
                is_bad = is_bad or not done.stdout.startswith("200")
            if is_bad:
                failed.append(f"{call[1]} {label}\n{code}\n{said[-1500:]}")
            ran[label] = ran.get(label, 0) + 1

print("\n\n".join(failed))
print("Examples: " + ", ".join(f"{count} {label}" for label, count in ran.items()))
assert {"curl", "JavaScript", "Python", "Python SDK", "CLI"} <= set(ran), ran
sys.exit(1 if failed else 0)
