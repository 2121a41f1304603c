//! What a dialect knows of a stream beside its object: a type of the dialect's own, which the snapshot carries for it, so that
//! copying a snapshot copies everything.

use std::any::Any;
use std::fmt::Debug;

/// A dialect's own state of one stream.
pub(crate) trait DialectState: Any + Debug + Send + Sync {
    fn boxed_clone(&self) -> Box<dyn DialectState>;

    /// Whether a name is one that something in the stream is known by. None is, where all of a dialect's names count.
    fn is_name(&self, _name: &str) -> bool {
        false
    }
}

/// The state of the dialect that a stream has; none until it was first asked for.
#[derive(Debug, Default)]
pub(crate) struct State(Option<Box<dyn DialectState>>);

impl Clone for State {
    fn clone(&self) -> Self {
        Self(self.0.as_ref().map(|state| state.boxed_clone()))
    }
}

impl State {
    /// The state, if there is any yet.
    pub(crate) fn get<T: DialectState>(&self) -> Option<&T> {
        let state: &dyn Any = self.0.as_deref()?;
        state.downcast_ref()
    }

    /// The state, which begins here where there is none.
    pub(crate) fn get_mut<T: DialectState + Default>(&mut self) -> &mut T {
        if self.get::<T>().is_none() {
            self.0 = Some(Box::<T>::default());
        }
        let state: Option<&mut dyn Any> = self.0.as_deref_mut().map(|state| state as _);
        state.and_then(<dyn Any>::downcast_mut).expect("it has that type, or was just made")
    }

    pub(crate) fn is_name(&self, name: &str) -> bool {
        self.0.as_ref().is_some_and(|state| state.is_name(name))
    }
}
