//! The short words of the tests: on both databases, must succeed, must be refused. Macros, so that
//! a failure names the line of the test.

/// Makes each test of the list two: one on SQLite, one on PostgreSQL. With `alone SETTINGS:` in
/// front each has a server of its own, else all share one.
macro_rules! both {
    (alone $settings:tt; $($name:ident),+ $(,)?) => {
        mod sqlite_alone {
            $(#[test] fn $name() {
                $crate::support::alone(
                    $crate::support::database::Database::Sqlite,
                    $crate::support::process::Settings::of(&$settings), super::$name);
            })+
        }
        mod postgres_alone {
            $(#[test] fn $name() {
                $crate::support::alone(
                    $crate::support::database::Database::Postgres,
                    $crate::support::process::Settings::of(&$settings), super::$name);
            })+
        }
    };
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() {
                $crate::support::shared(
                    $crate::support::database::Database::Sqlite, super::$name);
            })+
        }
        mod postgres {
            $(#[test] fn $name() {
                $crate::support::shared(
                    $crate::support::database::Database::Postgres, super::$name);
            })+
        }
    };
}

/// The answer of a call that must succeed.
macro_rules! ok {
    ($call:expr) => {
        match $call.await {
            Ok(response) => response.into_inner(),
            Err(status) => {
                let error = omnichannel_sdk::Error::from(status);
                panic!("{} was refused: {error:?}", stringify!($call))
            }
        }
    };
}

/// The error of a call that must be refused for this reason.
macro_rules! refused {
    ($call:expr, $reason:ident) => {
        match $call.await {
            Ok(_) => panic!("{} was not refused", stringify!($call)),
            Err(status) => $crate::support::refusal::judge(
                status,
                omnichannel_sdk::v1::ErrorReason::$reason,
                stringify!($call),
            ),
        }
    };
}
