//! Memory that scoring reuses from call to call.

use super::step::Answers;

/// Working memory of an [`Engine`](super::Engine) (64 KB, for batches a word per distinct test more), reused between calls so that
/// scoring does not allocate.
#[derive(Debug, Default)]
pub struct Scratch {
    answers: Option<Box<Answers>>,
    pub(super) words: Vec<u64>,
}

impl Scratch {
    pub(super) fn answers(&mut self) -> &mut Answers {
        self.answers.get_or_insert_with(|| Box::new(Answers::new()))
    }
}
