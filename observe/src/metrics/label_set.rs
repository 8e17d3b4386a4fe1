//! The labels of one metric: a tuple of closed lists, so that no text of a request can become a label.

use lockpolicy::Label;

/// A value for each label of a metric.
pub trait LabelSet: Copy {
    /// The number of combinations.
    const COUNT: usize;

    /// Returns the position of the combination among all of them; the last label changes fastest.
    fn index(self) -> usize;

    /// Returns the combination at a position.
    fn at(index: usize) -> Option<Self>;
}

macro_rules! label_set {
    ($($label:ident $value:ident),*) => {
        impl<$($label: Label),*> LabelSet for ($($label,)*) {
            const COUNT: usize = 1 $(* $label::WORDS.len())*;

            fn index(self) -> usize {
                let ($($value,)*) = self;
                let index = 0;
                $(let index = index * $label::WORDS.len() + $value.index();)*
                index
            }

            fn at(index: usize) -> Option<Self> {
                let (rest, size) = (index, Self::COUNT);
                $(
                    let size = size / $label::WORDS.len();
                    let ($value, rest) = ($label::at(rest / size)?, rest % size);
                )*
                (rest < size).then_some(($($value,)*))
            }
        }
    };
}

label_set!();
label_set!(A a);
label_set!(A a, B b);
label_set!(A a, B b, C c);
label_set!(A a, B b, C c, D d);
label_set!(A a, B b, C c, D d, E e);
