//! Rows of `sys.*`: the service.

use super::*;

#[test]
fn the_service() {
    check(&[
        row(
            Canary,
            SysLatency,
            nothing,
            Pass,
            "Fast enough: 0.066 % of 30,080 requests took longer than 200 ms; 1 % is allowed. The slowest hundredth begins at 141 ms.",
        ),
        row(
            Canary,
            SysLatency,
            |e, _| e.challenger.recent.as_mut().unwrap().latency = latency(&[(30, 19_000), (250, 1_000)]),
            Fail,
            "Too slow: 3.3 % of 30,080 requests took longer than 200 ms (3.1 to 3.5 %); 1 % is allowed. The slowest hundredth begins at 252 ms.",
        ),
        row(
            Canary,
            SysLatency,
            |e, _| {
                e.challenger.recent.as_mut().unwrap().latency = latency(&[(30, 900), (250, 14)]);
                e.challenger.probes = Some(latency(&[(30, 600)]));
            },
            Inconclusive,
            "Too close to call: 0.92 % of 1,514 requests took longer than 200 ms (0.51 to 1.5 %), 1 % is allowed; about 110,000 more requests, at this pace by 26 December.",
        ),
        row(
            Shadow,
            SysLatency,
            |e, _| (e.challenger.recent, e.challenger.probes) = (None, Some(latency(&[(30, 412)]))),
            InsufficientData,
            "Not enough data: 412 requests were timed, 1,000 are needed, at this pace on 1 December.",
        ),
        row(
            Shadow,
            SysLatency,
            |e, _| (e.challenger.recent, e.challenger.probes) = (None, None),
            InsufficientData,
            "Not enough data: no request to the new model was timed in the last seven days.",
        ),
        row(Shadow, SysErrors, nothing, Pass, "Reliable: of 300,000 requests, 20 (0.0067 %) failed; 0.1 % is allowed."),
        row(
            Shadow,
            SysErrors,
            |e, _| e.challenger.since_start.as_mut().unwrap().failed = 0,
            Pass,
            "Reliable: of 300,000 requests, none failed; 0.1 % is allowed.",
        ),
        row(
            Shadow,
            SysErrors,
            |e, _| e.challenger.since_start.as_mut().unwrap().failed = 900,
            Fail,
            "Too many errors: of 300,000 requests, 900 (0.3 %) failed, so 0.28 to 0.32 % would fail in the long run; 0.1 % is allowed.",
        ),
        row(
            Shadow,
            SysErrors,
            |e, _| {
                (e.challenger.since_start.as_mut().unwrap().failed, e.challenger.since_start.as_mut().unwrap().requests) =
                    (4, 6_000)
            },
            Inconclusive,
            "Too close to call: of 6,000 requests, 4 (0.067 %) failed, so 0.018 to 0.17 % would fail in the long run, 0.1 % is allowed; about 53,000 more requests, at this pace by 4 December.",
        ),
        row(
            Shadow,
            SysErrors,
            |e, _| e.challenger.since_start.as_mut().unwrap().requests = 2_100,
            InsufficientData,
            "Not enough data: 2,100 requests came, 3,700 are needed, at this pace on 1 December.",
        ),
        row(
            Shadow,
            SysErrors,
            |e, _| e.challenger.since_start = None,
            InsufficientData,
            "Not enough data: no traffic of the new model since the start is known.",
        ),
        row(Shadow, SysThroughput, nothing, Pass, "Enough capacity: 2,050 requests a second on 30 November; 1,000 are needed."),
        row(
            Shadow,
            SysThroughput,
            |e, _| e.service.capacity.as_mut().unwrap().per_s = 812.0,
            Fail,
            "Too little capacity: 812 requests a second on 30 November; 1,000 are needed.",
        ),
        row(
            Shadow,
            SysThroughput,
            |e, _| e.service.capacity.as_mut().unwrap().at_ms = parse_date("2026-10-02").unwrap(),
            InsufficientData,
            "Not enough data: the newest load test is of 2 October and counts for 30 days; `plumbline capacity` makes one.",
        ),
        row(
            Shadow,
            SysThroughput,
            |e, _| e.service.capacity = None,
            InsufficientData,
            "Not enough data: no load test of the running build is recorded; `plumbline capacity` makes one.",
        ),
        row(
            Shadow,
            SysThroughput,
            |e, _| e.service.capacity.as_mut().unwrap().per_s = f64::INFINITY,
            Error,
            "Not judged: a figure could not be calculated. The rollout waits; nothing was promoted.",
        ),
        row(Full, SysMemory, nothing, Pass, "Enough memory: the largest of 2 instances uses 310 MB; 2,048 MB are allowed."),
        row(
            Full,
            SysMemory,
            |e, _| e.service.instances[1].memory_bytes = vec![2_100 << 20, 2_060 << 20],
            Fail,
            "Too much memory: instance b uses 2,060 MB, twice in a row; 2,048 MB are allowed.",
        ),
        row(
            Full,
            SysMemory,
            |e, _| e.service.instances[1].memory_bytes = vec![300 << 20, 2_060 << 20],
            Inconclusive,
            "Too close to call: instance b used 2,060 MB once; 2,048 MB are allowed, and twice in a row fails.",
        ),
        row(
            Full,
            SysMemory,
            |e, _| e.service.instances.clear(),
            InsufficientData,
            "Not enough data: no instance has sent a heartbeat.",
        ),
        row(
            Full,
            SysMemory,
            |e, _| e.service.instances.iter_mut().for_each(|i| i.memory_bytes.clear()),
            InsufficientData,
            "Not enough data: no instance has reported its memory.",
        ),
    ]);
}
