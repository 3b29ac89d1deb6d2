import json

TOKEN = "a-token-of-the-test"
ROUTER = "http://127.0.0.1:8080"


def ask(model, token=TOKEN):
    """The status of a request for the model."""
    body = json.dumps({"model": model, "stream": True, "messages": [{"role": "user", "content": "hi"}]})
    return machine.succeed(
        f"curl -sN -o /tmp/answer -w '%{{http_code}}' {ROUTER}/v1/chat/completions"
        f" -H 'Authorization: Bearer {token}' -d '{body}'"
    )


def property_of(unit, name):
    return machine.succeed(f"systemctl show --value -p {name} {unit}").strip()


machine.wait_for_unit("multi-user.target")
machine.wait_for_unit("llmhop.service")
machine.wait_for_unit("llama-cpp-tiny.service")
machine.wait_for_open_port(8001)

with subtest("the router starts after the engine is ready"):
    ready = int(property_of("llama-cpp-tiny", "ActiveEnterTimestampMonotonic"))
    started = int(property_of("llmhop", "ExecMainStartTimestampMonotonic"))
    assert ready < started, f"{ready} is not before {started}"

with subtest("the token of the credential, and no other"):
    assert ask("far") == "200"
    machine.succeed("grep -q 'data: \\[DONE\\]' /tmp/answer")
    assert ask("far", "another-token") == "401"

with subtest("the engine's route is there by itself"):
    assert ask("tiny") == "200"
    machine.succeed("grep -q 'simulated tiny' /tmp/answer")

with subtest("the port is open in the firewall"):
    machine.succeed("iptables -S nixos-fw | grep -q -- '--dport 8080'")

with subtest("what the processes may do"):
    for unit in ["llmhop", "llama-cpp-tiny"]:
        pid = property_of(unit, "MainPID")
        status = machine.succeed(f"cat /proc/{pid}/status")
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert fields["Uid"].split()[0] != "0", status
        assert int(fields["CapEff"], 16) == 0, status
        assert fields["NoNewPrivs"] == "1", status
        assert fields["Seccomp"] == "2", status
    # In tenths.
    machine.succeed("systemd-analyze security --no-pager --threshold=15 llmhop.service")
    machine.succeed("systemd-analyze security --no-pager --threshold=30 llama-cpp-tiny.service")

with subtest("a new model is a reload"):
    pid = property_of("llmhop", "MainPID")
    assert ask("another") == "404"
    machine.succeed("/run/current-system/specialisation/changed/bin/switch-to-configuration test")
    machine.wait_until_succeeds("grep -q another /etc/llmhop/config.json")
    assert ask("another") == "200"
    assert property_of("llmhop", "MainPID") == pid
    machine.succeed("journalctl -u llmhop | grep -q 'models: 1 added (another)'")

with subtest("an engine that dies leaves the router as it is"):
    machine.succeed("systemctl kill -s KILL llama-cpp-tiny")
    assert ask("tiny") == "502"
    assert ask("far") == "200"
    assert property_of("llmhop", "MainPID") == pid

with subtest("the token is in no log"):
    machine.fail(f"journalctl | grep -v COMMAND | grep -q {TOKEN}")

with subtest("it stops without an error"):
    machine.succeed("systemctl stop llmhop")
    assert property_of("llmhop", "Result") == "success"
    assert property_of("llmhop", "ExecMainStatus") == "0"
