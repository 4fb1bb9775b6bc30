//! The ring: records written, ended and overwritten while somebody reads.

use loom::sync::Arc;
use loom::thread;

use crate::ring::{Entry, Ring};

type Small = Ring<1, 3>;

fn is_whole(read: &Entry<3>) -> bool {
    let [first, second, last] = read.words;
    first == second && (!read.is_ended || last == first)
}

/// A reader among two writers who share one row.
#[test]
fn what_is_read_is_whole() {
    loom::model(|| {
        let ring = Arc::new(Small::new());
        let writer = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                let number = ring.push(&[5, 5]);
                ring.end(number, &[5]);
            })
        };
        let reader = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                for number in 0..2 {
                    if let Some(read) = ring.get(number) {
                        assert!(is_whole(&read), "{read:?}");
                    }
                }
            })
        };
        ring.push(&[7, 7]);
        writer.join().expect("it does not panic");
        reader.join().expect("every record was whole");
        assert_eq!(ring.filling().next, 2);
    });
}

/// An end races with the record that overwrites it: it goes to its own record or nowhere.
#[test]
fn an_end_is_never_put_behind_another_record() {
    loom::model(|| {
        let ring = Arc::new(Small::new());
        let number = ring.push(&[5, 5]);
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.push(&[7, 7]))
        };
        let ended = ring.end(number, &[5]);
        let newer = other.join().expect("it does not panic");
        for number in [number, newer] {
            if let Some(read) = ring.get(number) {
                assert!(is_whole(&read), "{read:?}");
            }
        }
        // Whoever comes second finds the row in use, loses, and is counted.
        assert!(ended || ring.get(newer).is_some());
    });
}
