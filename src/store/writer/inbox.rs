//! What the writer is told, in the order in which it wants to know it.

use std::{
    collections::VecDeque,
    sync::mpsc::{Receiver, TryRecvError},
};

use super::{Purpose, StoreError, Unit};

/// A message to the writer.
pub(super) enum Message {
    /// A write.
    Unit(Unit),
    /// The flush under way has ended.
    Flushed(Result<(), StoreError>),
    /// Nothing more will come.
    Stop,
}

/// The messages that wait, sorted.
pub(super) struct Inbox {
    messages: Receiver<Message>,
    units: VecDeque<Unit>,
    /// Whether a flush is under way, and how the last one ended.
    flushing: bool,
    flushed: Result<(), StoreError>,
    stopped: bool,
}

impl Inbox {
    pub(super) fn new(messages: Receiver<Message>) -> Self {
        Self { messages, units: VecDeque::new(), flushing: false, flushed: Ok(()), stopped: false }
    }

    /// The next write, however long it takes to come; `None` when none will.
    pub(super) fn first(&mut self) -> Option<Unit> {
        self.sort();
        while self.units.is_empty() && !self.stopped {
            self.receive();
        }
        self.units.pop_front()
    }

    /// A write to join the batch: one that waits, or one that comes before the flush under way has ended. One that is only
    /// tried out begins a batch of its own.
    pub(super) fn more(&mut self) -> Option<Unit> {
        self.sort();
        while self.units.is_empty() && self.flushing && !self.stopped {
            self.receive();
        }
        let joins = self.units.front().is_some_and(|unit| unit.purpose != Purpose::TryOut);
        if joins { self.units.pop_front() } else { None }
    }

    /// The writes that wait, `most` of them at the most, and none that is only tried out: it may take its time, and those
    /// before it would wait for it.
    pub(super) fn waiting(&mut self, most: usize) -> impl Iterator<Item = Unit> {
        self.sort();
        let tried_out = self.units.iter().position(|unit| unit.purpose == Purpose::TryOut);
        let number = tried_out.unwrap_or(self.units.len()).min(most);
        self.units.drain(..number)
    }

    /// A flush is under way from here on.
    pub(super) fn flush_begins(&mut self) {
        self.flushing = true;
    }

    /// Waits for the end of the flush that is under way. Tells of a failure once.
    pub(super) fn flush_ends(&mut self) -> Result<(), StoreError> {
        while self.flushing {
            self.receive();
        }
        std::mem::replace(&mut self.flushed, Ok(()))
    }

    fn sort(&mut self) {
        loop {
            match self.messages.try_recv() {
                Ok(message) => self.put(message),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return,
            }
        }
    }

    fn receive(&mut self) {
        // The flusher holds a sender as long as the writer lives.
        match self.messages.recv() {
            Ok(message) => self.put(message),
            Err(_) => self.put(Message::Stop),
        }
    }

    fn put(&mut self, message: Message) {
        match message {
            Message::Unit(unit) => self.units.push_back(unit),
            Message::Flushed(result) => (self.flushing, self.flushed) = (false, result),
            Message::Stop => self.stopped = true,
        }
    }
}
