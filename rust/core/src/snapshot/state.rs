//! What a dialect knows of a stream beside its object: a type of the dialect's own, which the snapshot carries, so
//! that copying a snapshot copies everything.

use std::any::Any;
use std::fmt::Debug;

/// A dialect's own state of one stream.
pub(crate) trait DialectState: Any + Debug + Send + Sync {
    fn boxed_clone(&self) -> Box<dyn DialectState>;

    /// Whether something in the stream is known by that name. A dialect whose plans ignore no names need not say.
    fn is_name(&self, _name: &str) -> bool {
        false
    }
}

/// The state of the stream's dialect; none until the dialect first asks for it.
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

    /// The state, made where there is none yet.
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
