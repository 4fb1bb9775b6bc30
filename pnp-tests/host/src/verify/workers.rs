//! The parent's side: hands cases to worker processes, outlives them, and puts the results in order.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::case::Case;
use super::run::Outcome;
use super::worker::Answer;
use kernel::machine::limit;

/// How often a worker is looked at that says nothing.
const LOOK: Duration = Duration::from_millis(100);
/// How many times its limit of processor time a case may take on the clock: one that waits for ever uses
/// none.
const PATIENCE: u32 = 10;
/// After so many cases of one flow that took too long, or of all, no more of them are tried.
const TOO_LONG_OF_A_FLOW: u32 = 2;
const TOO_LONG_OF_ALL: u32 = 10;

/// How workers are started and how long one case may take.
#[derive(Clone)]
pub struct Staff {
    /// `netpnp worker DRIVER ...`
    pub program: std::path::PathBuf,
    /// The arguments of a worker's program.
    pub arguments: Vec<std::ffi::OsString>,
    /// The number of workers at a time.
    pub jobs: usize,
    /// The processor time that a case may take.
    pub time_limit: Duration,
}

/// One worker process, and the thread that reads its lines.
struct Worker {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    /// How many cases it was given.
    served: u32,
}

impl Worker {
    fn start(staff: &Staff) -> Result<Self, String> {
        let mut child = Command::new(&staff.program)
            .args(&staff.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Nobody reads what a panic says there, and a trace of it takes long.
            .env("RUST_BACKTRACE", "0")
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", staff.program.display()))?;
        let (input, output) = child.stdin.take().zip(child.stdout.take()).ok_or("no pipes")?;
        let (send, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, input, lines, served: 0 })
    }

    /// Runs one case; an error says how the worker ended.
    fn run(&mut self, case: &Case, limit: Duration) -> Result<Answer, Ending> {
        self.served += 1;
        let mut line = serde_json::to_string(case).map_err(|_| Ending::Died)?;
        line.push('\n');
        self.input.write_all(line.as_bytes()).map_err(|_| Ending::Died)?;
        self.input.flush().map_err(|_| Ending::Died)?;
        let (began, used) = (Instant::now(), self.used());
        loop {
            match self.lines.recv_timeout(LOOK.min(limit)) {
                Ok(line) => return serde_json::from_str(&line).map_err(|_| Ending::Died),
                Err(RecvTimeoutError::Disconnected) => return Err(Ending::Died),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.used().saturating_sub(used) >= limit {
                return Err(Ending::TookTooLong);
            }
            if began.elapsed() >= limit * PATIENCE {
                return Err(Ending::Stuck);
            }
        }
    }

    /// The processor time that the worker has used.
    fn used(&self) -> Duration {
        limit::processor_time(self.child.id()).unwrap_or_default()
    }

    /// How a worker ended that closed its pipe.
    fn cause(&mut self) -> String {
        // It has ended, or said what nobody understands.
        let _ = self.child.kill();
        self.child.wait().map_or_else(|error| error.to_string(), limit::told)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill, only to collect.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Clone, Copy)]
enum Ending {
    Died,
    /// It used up its processor time.
    TookTooLong,
    /// It neither computes nor answers.
    Stuck,
}

/// How often `progress` is asked when nothing comes.
const TICK: Duration = Duration::from_secs(1);

/// The listener to cases that are done; without one it is a look at the clock.
pub type Progress<'a> = dyn FnMut(Option<(&Case, &Outcome)>) + 'a;

/// Runs all cases; results are in the order of the cases. `progress` is told of each that is done, and
/// called from time to time when none is.
///
/// # Errors
///
/// When no worker can be started, or a case asks for something that does not exist.
pub fn run_all(
    staff: &Staff,
    cases: &[Case],
    progress: &mut Progress<'_>,
) -> Result<Vec<Outcome>, String> {
    let next = Mutex::new(0_usize);
    let (send, receive) = mpsc::channel::<(usize, Result<Outcome, String>)>();
    let take = || {
        let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
        let index = *next;
        *next += 1;
        cases.get(index).map(|case| (index, case))
    };
    let mut results: Vec<Option<Outcome>> = vec![None; cases.len()];
    let slow = Slow::default();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..staff.jobs.clamp(1, cases.len().max(1)) {
            let send = send.clone();
            let (take, stop, slow) = (&take, Arc::clone(&stop), &slow);
            scope.spawn(move || work(staff, take, &send, &stop, slow));
        }
        drop(send);
        let mut failure = None;
        loop {
            match receive.recv_timeout(TICK) {
                Ok((index, Ok(outcome))) => {
                    progress(Some((&cases[index], &outcome)));
                    results[index] = Some(outcome);
                }
                Ok((_, Err(why))) => {
                    stop.store(true, std::sync::atomic::Ordering::Relaxed);
                    failure.get_or_insert(why);
                }
                Err(RecvTimeoutError::Timeout) => progress(None),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        match failure {
            Some(why) => Err(why),
            None => Ok(results.into_iter().map(Option::unwrap_or_default).collect()),
        }
    })
}

fn work<'a>(
    staff: &Staff,
    take: &(dyn Fn() -> Option<(usize, &'a Case)> + Sync),
    send: &Sender<(usize, Result<Outcome, String>)>,
    stop: &std::sync::atomic::AtomicBool,
    slow: &Slow,
) {
    let mut worker: Option<Worker> = None;
    while let Some((index, case)) = take() {
        if stop.load(std::sync::atomic::Ordering::Relaxed) {
            return;
        }
        if let Some(why) = slow.gives_up(case) {
            let _ = send.send((index, Ok(inconclusive(why))));
            continue;
        }
        let running = match worker.as_mut() {
            Some(running) => running,
            None => match Worker::start(staff) {
                Ok(started) => worker.insert(started),
                Err(why) => {
                    let _ = send.send((index, Err(why)));
                    return;
                }
            },
        };
        let begun = Instant::now();
        let mut answer = running.run(case, staff.time_limit);
        if running.served > 1 && matches!(answer, Err(Ending::Died)) {
            // It may be for what the cases before left behind, which is not this one's.
            match Worker::start(staff) {
                Ok(fresh) => {
                    *running = fresh;
                    answer = running.run(case, staff.time_limit);
                }
                Err(why) => {
                    let _ = send.send((index, Err(why)));
                    return;
                }
            }
        }
        let result = match answer {
            Ok(Answer::Done(outcome)) => Ok(Outcome { taken: begun.elapsed(), ..*outcome }),
            Ok(Answer::Cannot(why)) => Err(why),
            Err(ended) => {
                if matches!(ended, Ending::TookTooLong | Ending::Stuck) {
                    slow.note(case);
                }
                let why = reason(ended, staff.time_limit, running);
                worker = None;
                Ok(inconclusive(why))
            }
        };
        if send.send((index, result)).is_err() {
            return;
        }
    }
}

/// Why nothing can be said of a case whose worker had to be given up. None of this is the driver's
/// breach: it may be the host's bug.
fn reason(ended: Ending, limit: Duration, worker: &mut Worker) -> String {
    let seconds = limit.as_secs();
    match ended {
        Ending::Died => format!("the process that ran it died: {}", worker.cause()),
        Ending::TookTooLong => format!("it took more than {seconds} s of processor time"),
        Ending::Stuck => {
            format!(
                "the process that ran it neither went on nor ended in {} s",
                (limit * PATIENCE).as_secs()
            )
        }
    }
}

/// An outcome of which nothing is known but why.
fn inconclusive(why: String) -> Outcome {
    Outcome { inconclusive: Some(why), ..Outcome::default() }
}

/// The flows whose cases took too long, and how many did, so that not every one of them is paid for.
#[derive(Default)]
struct Slow(Mutex<BTreeMap<String, u32>>);

impl Slow {
    fn note(&self, case: &Case) {
        let mut flows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *flows.entry(case.flow.clone()).or_default() += 1;
    }

    /// Why a case is not tried any more, if it is not.
    fn gives_up(&self, case: &Case) -> Option<String> {
        let flows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_flow = flows.get(&case.flow).copied().unwrap_or_default();
        if of_flow >= TOO_LONG_OF_A_FLOW {
            return Some(format!("not tried: {of_flow} cases of {} took too long", case.flow));
        }
        let of_all = flows.values().sum::<u32>();
        (of_all >= TOO_LONG_OF_ALL).then(|| format!("not tried: {of_all} cases took too long"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staff(script: &str) -> Staff {
        Staff {
            program: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            jobs: 2,
            // On a busy machine a shell may be late.
            time_limit: Duration::from_mins(1),
        }
    }

    /// What came of three cases: why nothing can be said of each, if so. No breach, whatever happened.
    fn reasons(staff: &Staff, flow: impl Fn(u32) -> String) -> Vec<Option<String>> {
        let cases: Vec<Case> = (0..3).map(|n| Case { flow: flow(n), ..Case::default() }).collect();
        let outcomes = run_all(staff, &cases, &mut |_| {}).expect("the shell starts");
        assert!(outcomes.iter().all(|outcome| outcome.breaches.is_empty()));
        outcomes.into_iter().map(|outcome| outcome.inconclusive).collect()
    }

    fn is_told(why: Option<&String>, part: &str) -> bool {
        why.is_some_and(|why| why.contains(part))
    }

    #[test]
    fn a_worker_that_dies_costs_one_case_and_the_next_one_gets_a_new_worker() {
        let script = r#"while read line; do case "$line" in *flow1*) kill -9 $$;; *) echo '{"done":{"steps":1,"calls":0,"crossings":0,"allocations":0,"fallible":[],"breaches":[]}}';; esac; done"#;
        let told = reasons(&staff(script), |n| format!("flow{n}"));
        assert!(told[0].is_none() && told[2].is_none(), "{told:?}");
        assert!(is_told(told[1].as_ref(), "signal 9"), "{told:?}");
        let script = script.replace("kill -9 $$", "exit 86");
        let told = reasons(&staff(&script), |n| format!("flow{n}"));
        assert!(is_told(told[1].as_ref(), "no more memory"), "{told:?}");
    }

    #[test]
    fn a_worker_that_dies_of_what_came_before_costs_no_case() {
        let script = r#"read a; echo '{"done":{"steps":1,"calls":0,"crossings":0,"allocations":0,"fallible":[],"breaches":[]}}'; read b; exit 86"#;
        let one = Staff { jobs: 1, ..staff(script) };
        assert_eq!(reasons(&one, |n| format!("flow{n}")), [None, None, None]);
    }

    #[test]
    fn a_worker_that_computes_too_long_and_one_that_waits_are_given_up_and_nothing_is_blamed() {
        let limit = |script| Staff { time_limit: Duration::from_millis(30), ..staff(script) };
        let told = reasons(&limit("while :; do :; done"), |n| format!("flow{n}"));
        assert!(told.iter().all(|why| is_told(why.as_ref(), "of processor time")), "{told:?}");
        let told = reasons(&limit("sleep 60"), |n| format!("flow{n}"));
        assert!(told.iter().all(|why| is_told(why.as_ref(), "neither went on")), "{told:?}");
    }

    #[test]
    fn after_a_few_cases_of_a_flow_that_take_too_long_no_more_are_paid_for() {
        let one = Staff { jobs: 1, time_limit: Duration::from_millis(30), ..staff("sleep 60") };
        let told = reasons(&one, |_| "flow".to_owned());
        assert!(is_told(told[1].as_ref(), "neither went on"), "{told:?}");
        assert!(is_told(told[2].as_ref(), "not tried: 2 cases of flow"), "{told:?}");
    }

    #[test]
    fn a_case_that_cannot_be_run_ends_everything_with_its_reason() {
        let script = r#"while read line; do echo '{"cannot":"no such flow"}'; done"#;
        let cases = [Case { flow: "x".to_owned(), ..Case::default() }];
        assert_eq!(run_all(&staff(script), &cases, &mut |_| {}), Err("no such flow".to_owned()));
    }
}
