//! The parent's side: hands cases to worker processes, outlives them, and puts the results in order.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::case::Case;
use super::run::{Breach, Outcome};
use super::worker::Answer;
use kernel::rules::Severity;

/// The rule that a case breaks whose process did not survive it.
pub const PROCESS_DIED: &str = "NV-60";
/// The rule that a case breaks which comes to no end.
pub const NO_END: &str = "NV-61";

/// How workers are started and how long one case may take.
#[derive(Clone)]
pub struct Staff {
    /// `netpnp worker DRIVER ...`
    pub program: std::path::PathBuf,
    /// The arguments of a worker's program.
    pub arguments: Vec<std::ffi::OsString>,
    /// The number of workers at a time.
    pub jobs: usize,
    /// The longest that a case may take, host time.
    pub time_limit: Duration,
}

/// One worker process, and the thread that reads its lines.
struct Worker {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Worker {
    fn start(staff: &Staff) -> Result<Self, String> {
        let mut child = Command::new(&staff.program)
            .args(&staff.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
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
        Ok(Self { child, input, lines })
    }

    /// Runs one case; an error says how the worker ended.
    fn run(&mut self, case: &Case, limit: Duration) -> Result<Answer, Ending> {
        let mut line = serde_json::to_string(case).map_err(|_| Ending::Died)?;
        line.push('\n');
        self.input.write_all(line.as_bytes()).map_err(|_| Ending::Died)?;
        self.input.flush().map_err(|_| Ending::Died)?;
        match self.lines.recv_timeout(limit) {
            Ok(line) => serde_json::from_str(&line).map_err(|_| Ending::Died),
            Err(RecvTimeoutError::Timeout) => Err(Ending::TimedOut),
            Err(RecvTimeoutError::Disconnected) => Err(Ending::Died),
        }
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
    TimedOut,
}

/// How often `progress` is asked when nothing comes.
const TICK: Duration = Duration::from_secs(1);

/// Runs all cases; results are in the order of the cases. `progress` is told of each that is done, and
/// called from time to time when none is.
///
/// # Errors
///
/// When no worker can be started, or a case asks for something that does not exist.
pub fn run_all(
    staff: &Staff,
    cases: &[Case],
    progress: &mut dyn FnMut(Option<(&Case, &Outcome)>),
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
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..staff.jobs.clamp(1, cases.len().max(1)) {
            let send = send.clone();
            let (take, stop) = (&take, Arc::clone(&stop));
            scope.spawn(move || work(staff, take, &send, &stop));
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
) {
    let mut worker: Option<Worker> = None;
    while let Some((index, case)) = take() {
        if stop.load(std::sync::atomic::Ordering::Relaxed) {
            return;
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
        let result = match running.run(case, staff.time_limit) {
            Ok(Answer::Done(outcome)) => Ok(Outcome { taken: begun.elapsed(), ..*outcome }),
            Ok(Answer::Cannot(why)) => Err(why),
            Err(ended) => {
                worker = None;
                Ok(casualty(ended, staff.time_limit))
            }
        };
        if send.send((index, result)).is_err() {
            return;
        }
    }
}

/// What is said of a case whose worker had to be given up.
fn casualty(ended: Ending, limit: Duration) -> Outcome {
    let (rule, found) = match ended {
        Ending::Died => (
            PROCESS_DIED,
            "the process that ran it died: the driver overwrote the host's memory, or used more \
             of it than a case may"
                .to_owned(),
        ),
        Ending::TimedOut => (NO_END, format!("it took longer than {} s", limit.as_secs())),
    };
    let breach = Breach {
        rule: rule.to_owned(),
        severity: Severity::Contract,
        found,
        time_100ns: 0,
        module: None,
        callback: None,
        site: None,
        step: None,
        entry: 0,
        crash: None,
        notes: Vec::new(),
    };
    Outcome { breaches: vec![breach], ..Outcome::default() }
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

    fn rules(staff: &Staff) -> Vec<Vec<String>> {
        let cases: Vec<Case> =
            (0..3).map(|n| Case { flow: format!("flow{n}"), ..Case::default() }).collect();
        let outcomes = run_all(staff, &cases, &mut |_| {}).expect("the shell starts");
        outcomes.iter().map(|o| o.breaches.iter().map(|b| b.rule.clone()).collect()).collect()
    }

    #[test]
    fn a_worker_that_dies_costs_one_case_and_the_next_one_gets_a_new_worker() {
        let script = r#"while read line; do case "$line" in *flow1*) kill -9 $$;; *) echo '{"done":{"steps":1,"calls":0,"crossings":0,"allocations":0,"fallible":[],"breaches":[]}}';; esac; done"#;
        assert_eq!(rules(&staff(script)), [vec![], vec![PROCESS_DIED.to_owned()], vec![]]);
    }

    #[test]
    fn a_worker_that_says_nothing_is_given_up_after_the_time_limit() {
        let all = vec![NO_END.to_owned()];
        let silent = Staff { time_limit: Duration::from_millis(300), ..staff("sleep 60") };
        assert_eq!(rules(&silent), [all.clone(), all.clone(), all]);
    }

    #[test]
    fn a_case_that_cannot_be_run_ends_everything_with_its_reason() {
        let script = r#"while read line; do echo '{"cannot":"no such flow"}'; done"#;
        let cases = [Case { flow: "x".to_owned(), ..Case::default() }];
        assert_eq!(run_all(&staff(script), &cases, &mut |_| {}), Err("no such flow".to_owned()));
    }
}
