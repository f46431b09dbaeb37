import fnmatch, importlib.util, json, os, signal, socket, sys, time

env = os.environ
verb, patience, wait = env["verb"], int(env["timeout"]), int(env["wait"])
state = env["state"]


class Late(BaseException):
    """The broker keeps us waiting. No library catches it, to try again."""


def late(*_):
    raise Late


def fail(reason):
    sys.stdout.flush()
    sys.exit(env["recipe"] + ": " + reason)


def note(text):
    print("slipway-note: " + text)


def some(things, n=5):
    things = sorted(set(things))
    return ", ".join(things[:n]) + (" and %d more" % (len(things) - n) if len(things) > n else "")


def load():
    sys.path.insert(0, os.getcwd())
    module = env["app"].partition(":")[0].partition(".")[0]
    if importlib.util.find_spec("celery") is None:
        fail("there is no Celery in " + sys.executable + "; set `python`")
    if importlib.util.find_spec(module) is None:
        if verb in ("drain", "answers"):
            fail("there is no module %s in %s; set `directory`" % (module, os.getcwd()))
        note("the live release has no %s: no worker of it runs" % module)
        sys.exit(0)
    from celery.app.utils import find_app

    return find_app(env["app"])


def ask(command, to=None, seconds=patience, **arguments):
    """What each worker says. A command to named workers is over once all of them answered, one to all when the time is."""
    signal.alarm(seconds + 15)
    answers = {}
    for reply in app.control.broadcast(command, arguments=arguments, reply=True, destination=to, timeout=seconds) or []:
        for node, said in reply.items():
            if command == "stats" and answers.get(node, said).get("pid") != said.get("pid"):
                fail("two workers are called %s; give each a name of its own: --hostname" % node)
            if isinstance(said, dict) and "error" in said:
                fail("%s refuses %s: %s" % (node, command, str(said["error"])[:300]))
            answers[node] = said
    signal.alarm(0)
    return answers


def mine(node):
    patterns = env["nodes"].split() or ["*@" + socket.gethostname()]
    return any(fnmatch.fnmatchcase(node, pattern) for pattern in patterns)


def workers(seconds=patience):
    """The process of each worker: its number and, where Celery tells how long it has run, when it began."""
    found = {}
    for node, stats in ask("stats", seconds=seconds).items():
        if mine(node):
            uptime = stats.get("uptime")
            found[node] = {"pid": stats["pid"], "began": None if uptime is None else time.time() - uptime}
    return found


def same(one, other):
    if not one or not other or one["pid"] != other["pid"]:
        return False
    return None in (one["began"], other["began"]) or abs(one["began"] - other["began"]) < 2 * patience + 5


def until(holds, seconds):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() >= end:
            return False
        time.sleep(0.2)
    return True


def recall():
    try:
        with open(state) as file:
            return json.load(file)
    except FileNotFoundError:
        return {}
    except ValueError:
        fail("%s is not what celery/quiet wrote; remove it, and restart the workers" % state)


def remember(held):
    if not held:
        if os.path.exists(state):
            os.unlink(state)
        return
    # Whole or not at all, this user's alone, and on the disk before a worker is told anything.
    new = state + ".new"
    try:
        with open(new, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            json.dump(held, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, state)
    except BaseException:
        if os.path.exists(new):
            os.unlink(new)
        raise
    folder = os.open(os.path.dirname(state), os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def queues(nodes):
    return {node: {queue["name"]: queue for queue in said} for node, said in ask("active_queues", nodes).items()}


def hush(found):
    """No more tasks for these workers: one after the other, and what they consumed from is remembered."""
    held, nodes = recall(), sorted(found)
    taken, changed = {}, False

    def all_told():
        taken.update(queues([node for node in nodes if node not in taken]))
        return set(nodes) <= set(taken)

    if not until(all_told, 10 * patience):
        fail("%s does not say what it consumes from" % some(set(nodes) - set(taken)))
    for node in nodes:
        before = held.get(node)
        kept = dict(before["queues"]) if same(before, found[node]) else {}
        for name, queue in taken[node].items():
            exchange = queue.get("exchange") or {}
            kept[name] = {"exchange": exchange.get("name"), "exchange_type": exchange.get("type"), "routing_key": queue.get("routing_key")}
        held[node] = dict(found[node], queues=kept)
    remember(held)
    for node in nodes:
        for name in taken[node]:
            ask("cancel_consumer", [node], queue=name)
        if not until(lambda: queues([node]).get(node) == {}, 10 * patience):
            fail("%s does not say that it stopped consuming" % node)
        if taken[node] and app.connection_for_read().transport.driver_type == "redis":
            # The worker still waits for Redis, for a second, and puts back what that brings. Up to kombu 5.3.2 two workers that put back
            # the same task at the same time lose it (https://github.com/celery/kombu/issues/1800).
            time.sleep(1.5)
        changed = changed or bool(taken[node])
    return changed


def running(found):
    """The tasks that workers run, or have taken to run next. A worker that is too busy to say may have some; one that is gone has none."""
    tasks = {}
    for command in "active", "reserved":
        said = ask(command, sorted(found))
        for node in found:
            if node in said:
                tasks.update((task["id"], task["name"]) for task in said[node])
            elif not ended(node, found[node]):
                tasks[node] = "%s does not say which" % node
    return tasks


def still(left):
    return "after %ds %d task(s) still run: %s" % (wait, len(left), some(left.values()))


def quiet():
    found = {}

    def enough():
        found.update(workers())
        return len(found) >= int(env["at_least"])

    if not until(enough, 3 * patience):
        fail("%d worker(s) answer, and `at_least` says %s" % (len(found), env["at_least"]))
    if not found:
        note("no worker answers")
        return
    nodes = sorted(found)
    print("%s: %s" % ("quiet" if hush(found) else "quiet already", some(nodes, 20)))
    if wait and not until(lambda: not running(found), wait):
        fail(still(running(found)) + "; raise `wait`, or end them")
    note("%d worker(s) take no new tasks%s" % (len(nodes), ", and none runs" if wait else ""))


def drain():
    """Nothing is left to do for these processes: a warm shutdown then gives nothing back, and leaves nothing unread in a connection,
    which up to kombu 5.2 was lost (https://github.com/celery/kombu/pull/1733)."""
    wanted = {int(word) for word in sys.argv[1:]}
    found, silent = {}, wanted

    def all_there():
        nonlocal silent
        found.update((node, worker) for node, worker in workers(1).items() if worker["pid"] in wanted)
        silent = wanted - {worker["pid"] for worker in found.values()}
        return not silent

    if not until(all_there, 2 * patience):
        note("worker %s does not answer, and ends without that" % ", ".join(map(str, sorted(silent))))
    if not found:
        return
    nodes = sorted(found)
    hush(found)
    if not until(lambda: not running(found), wait):
        left = running(found)
        env["nodes"] = " ".join(nodes)
        resume(patience * 3)
        fail(still(left) + ". The workers go on as they were; raise `wait`, or end the tasks")


def resume(wait=wait):
    held = recall()
    wanted = {node: entry for node, entry in held.items() if mine(node)}
    if not wanted:
        note("no worker was quieted")
        return
    back, left = [], {}

    def settled():
        left.clear()
        found = workers()
        again = [node for node in wanted if same(wanted[node], found.get(node))]
        for node in again:
            for name, queue in wanted[node]["queues"].items():
                ask("add_consumer", [node], queue=name, **queue)
        now = queues(again) if again else {}
        for node, entry in wanted.items():
            if node not in again:
                # Another process of that name consumes what it was started for. Of none there is nothing to give back, if none is there.
                if node in found or ended(node, entry):
                    continue
                left[node] = "does not answer"
            elif not set(entry["queues"]) <= set(now.get(node, {})):
                left[node] = "does not say that it consumes again"
            else:
                back.append(node)
        return not left

    held_back = until(settled, wait)
    remember({node: entry for node, entry in held.items() if node not in wanted or node in left})
    back = sorted(set(back))
    if not held_back:
        fail("; ".join("%s %s" % pair for pair in sorted(left.items())) + ": look whether it runs, and restart it")
    note("%d worker(s) take tasks again%s" % (len(back), "" if len(back) == len(wanted) else ", %d restarted meanwhile" % (len(wanted) - len(back))))


def ended(node, entry):
    """Whether a worker of this host is gone for sure."""
    return node.rpartition("@")[2] == socket.gethostname() and not os.path.exists("/proc/%d" % entry["pid"])


def answers():
    wanted = {int(word) for word in sys.argv[1:]}
    found = {}

    def all_there():
        gone = [pid for pid in wanted if not os.path.exists("/proc/%d" % pid)]
        if gone:
            fail("worker %d ended" % gone[0])
        found.clear()
        found.update((stats["pid"], node) for node, stats in ask("stats", seconds=1).items() if node.rpartition("@")[2] == socket.gethostname())
        ours = [found[pid] for pid in wanted & set(found)]
        if len(ours) < len(wanted):
            return False
        consumed = queues(ours)
        return all(consumed.get(node) for node in ours)

    if not until(all_there, wait):
        missing = sorted(wanted - set(found))
        fail("after %ds worker %s does not answer through the broker; see its log" % (wait, ", ".join(map(str, missing or wanted))))
    remember({node: entry for node, entry in recall().items() if not ended(node, entry)})
    print("answers: " + some(found[pid] for pid in wanted))


signal.signal(signal.SIGALRM, late)
try:
    app = load()
    {"quiet": quiet, "resume": resume, "drain": drain, "answers": answers}[verb]()
except Late:
    fail("the broker does not answer")
except Exception as error:
    # Without its trace: that of a connection may show its address whole.
    fail("%s: %s" % (type(error).__name__, str(error)[:500]))
