//! What a store may do wrong, and how the suite names it.

/// What a store does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    None,
    // What is read.
    LosesEmptyValues,
    TakesValuesForText,
    CutsLargeValues,
    CutsValuesAtZero,
    FoldsCase,
    TrimsKeys,
    ShortensKeys,
    WatchesNothing,
    WatchesInSilence,
    PromisesInSilence,
    TellsNothingOfBeside,
    ReadsBesideInAnotherOrder,
    ReadsNothingBeside,
    MissesTheOrder,
    AnswersOneShort,
    LeavesOutWhatIsAbsent,
    LeavesOutWhatComesTwice,
    CutsLongBatches,
    CutsHeadsShort,
    PutsHeadsInAnotherOrder,
    // For how long.
    NeverExpires,
    IgnoresTimeToLive,
    FillsNeverExpire,
    LeasesNeverExpire,
    BatchesNeverExpire,
    KeepsTheOldExpiry,
    NeverWithoutExpiry,
    RefusedWritesRefreshExpiry,
    ReadsRefreshExpiry,
    SaysAbsentNeverExpires,
    ProlongShortens,
    ProlongMisses,
    // On which condition.
    WritesOnAnyCondition,
    OverwritesWhatIsThere,
    RefusesExpired,
    TakesAbsentForEmpty,
    FindsPrefixesAnywhere,
    ComparesWholeValues,
    TakesBytesForForeign,
    SaysItWroteWhatItRefused,
    SaysItRefusedWhatItWrote,
    KeepsWhatItOverwrites,
    WritesBatchesIfAbsent,
    ChecksAndThenWrites,
    ChecksAndThenDeletes,
    // What is deleted.
    RemovesOnAnyCondition,
    RemovesInNoCase,
    SaysItRemovedExpired,
    CountsWhatIsNotThere,
    CountsNothing,
    CountsTwice,
    // Stamps.
    StampsNothing,
    RefusesStamps,
    StampsLoseTheExpiry,
    StampsLoseTheRest,
    StampsWithoutComparing,
    StampsOfOtherLengths,
    StampsWhatHasExpired,
    ChecksAndThenStamps,
    // Patterns.
    ListsEverything,
    ListsOnePage,
    ListsForEver,
    SkipsWhenKeysGo,
    KeepsOneCursor,
    CountsConnections,
    KnowsNoSets,
    KnowsNoNegation,
    KnowsNoRanges,
    KnowsNoReversedRanges,
    KnowsNoEscapes,
    KnowsNoEscapesInSets,
    QuestionMarkIsACharacter,
    DoesNotAnswer,
}

/// Every fault, and words of the complaint about it, which begins with the first of them.
pub(crate) const FAULTS: &[(Fault, &[&str])] = &[
    (
        Fault::LosesEmptyValues,
        &["`set`, in any case, without expiry, of ``: `get` afterwards: expected ``, saw nothing"],
    ),
    (
        Fault::TakesValuesForText,
        &[
            "`set`, in any case, without expiry, of ",
            "(256 bytes): `get` afterwards",
            "(512 bytes)",
        ],
    ),
    (
        Fault::CutsLargeValues,
        &[
            "`set`, in any case, without expiry, of ",
            "(1048576 bytes): `get` afterwards",
            "(65536 bytes)",
        ],
    ),
    (
        Fault::CutsValuesAtZero,
        &["`set`, in any case, without expiry, of ", "(256 bytes): `get` afterwards", "saw ``"],
    ),
    (
        Fault::FoldsCase,
        &[
            "`set` of the key \"conformance:key:k\" among others like it: `get` afterwards: expected `conformance:key:k`",
            "saw `conformance:key:K`",
        ],
    ),
    (
        Fault::TrimsKeys,
        &[
            "`set` of the key \"conformance:key:k\" among others like it: `get` afterwards: expected `conformance:key:k`",
            "saw `conformance:key:k\\n`",
        ],
    ),
    (
        Fault::ShortensKeys,
        &["`set` of the key \"conformance:key:kkk", "among others like it: `get` afterwards"],
    ),
    (Fault::WatchesNothing, &["`watch`, then Set: the value: expected `old`, saw nothing"]),
    (
        Fault::WatchesInSilence,
        &["`watch`, then Set: whether it is told: expected a word of it, saw silence"],
    ),
    (
        Fault::PromisesInSilence,
        &[
            "`read` of conformance:told and conformance:told:beside, then Set of conformance:told: whether it is told",
        ],
    ),
    (
        Fault::TellsNothingOfBeside,
        &[
            "`read` of conformance:told and conformance:told:beside, then Set of conformance:told:beside: whether it is told",
        ],
    ),
    (
        Fault::ReadsBesideInAnotherOrder,
        &[
            "`read` of an absent key, an expired one, two that are there, one of them and the absent one again, and another one: the values, one for each key",
        ],
    ),
    (
        Fault::ReadsNothingBeside,
        &[
            "`read` of an absent key, an expired one, two that are there, one of them and the absent one again, and another one: the values, one for each key",
            "saw [None]",
        ],
    ),
    (
        Fault::MissesTheOrder,
        &[
            "`get_many` of an absent key, an expired one, two that are there, one of them and the absent one again, and another one: the values, one for each key",
        ],
    ),
    (
        Fault::AnswersOneShort,
        &[
            "`get_many` of an absent key, an expired one, two that are there, one of them and the absent one again, and another one: the values, one for each key",
        ],
    ),
    (
        Fault::LeavesOutWhatIsAbsent,
        &[
            "`get_many` of an absent key, an expired one, two that are there, one of them and the absent one again, and another one: the values, one for each key",
        ],
    ),
    (
        Fault::LeavesOutWhatComesTwice,
        &[
            "`get_many` of an absent key, an expired one, two that are there, one of them and the absent one again, and another one: the values, one for each key",
        ],
    ),
    (
        Fault::CutsLongBatches,
        &["`get_many` of 2500 keys: how many values there are: expected 2500, saw 1000"],
    ),
    (Fault::CutsHeadsShort, &["`heads`, 5 bytes, of an absent key", "the heads, one for each key"]),
    (Fault::PutsHeadsInAnotherOrder, &["`heads`, 1 bytes, of an absent key"]),
    (
        Fault::NeverExpires,
        &[
            "`set`, in any case, for a millisecond: whether it expires: expected nothing after a moment",
        ],
    ),
    (
        Fault::IgnoresTimeToLive,
        &[
            "`set` of the key \"conformance:key:k\" among others like it: `time_to_live` afterwards: expected for a minute, saw Endless",
        ],
    ),
    (
        Fault::FillsNeverExpire,
        &[
            "`set`, if it starts with `lease:1`, for an hour, over `lease:1 \\x00 and \\xff after` that was stored without expiry: `time_to_live` afterwards: expected for an hour, saw Endless",
        ],
    ),
    (
        Fault::LeasesNeverExpire,
        &[
            "`set`, if the key is absent, for an hour, over nothing: `time_to_live` afterwards: expected for an hour, saw Endless",
        ],
    ),
    (
        Fault::BatchesNeverExpire,
        &[
            "`set_many`, for an hour, over nothing: `time_to_live` afterwards: expected for an hour, saw Endless",
        ],
    ),
    (
        Fault::KeepsTheOldExpiry,
        &[
            "`set`, in any case, without expiry, over `lease:1 \\x00 and \\xff after` that was stored for a minute: `time_to_live` afterwards: expected without expiry",
        ],
    ),
    (
        Fault::NeverWithoutExpiry,
        &[
            "`set`, in any case, without expiry, of ",
            "`time_to_live` afterwards: expected without expiry",
        ],
    ),
    (
        Fault::RefusedWritesRefreshExpiry,
        &[
            "`set`, if the key is absent, without expiry, over `lease:1 \\x00 and \\xff after` that was stored for a minute: `time_to_live` afterwards: expected for a minute, saw Endless",
        ],
    ),
    (
        Fault::ReadsRefreshExpiry,
        &[
            "`set` of the key \"conformance:key:k\"",
            "`time_to_live` afterwards: expected for a minute",
        ],
    ),
    (
        Fault::SaysAbsentNeverExpires,
        &[
            "`get` of a key that was never written: `time_to_live` afterwards: expected no entry, saw Endless",
        ],
    ),
    (
        Fault::ProlongShortens,
        &[
            "`prolong`, for a millisecond, of an absent key",
            "`time_to_live` of a minute: expected for a minute",
        ],
    ),
    (
        Fault::ProlongMisses,
        &[
            "`prolong`, for an hour, of an absent key, an expired one, two that are there, one of them and the absent one again, and another one: the values, one for each key",
        ],
    ),
    (
        Fault::WritesOnAnyCondition,
        &[
            "`set`, if the key is absent, without expiry, over `lease:1 \\x00 and \\xff after` that was stored without expiry: the answer: expected false, saw true",
        ],
    ),
    (
        Fault::OverwritesWhatIsThere,
        &[
            "`set`, if the key is absent, without expiry, over `lease:1 \\x00 and \\xff after` that was stored without expiry: the answer: expected false, saw true",
        ],
    ),
    (
        Fault::RefusesExpired,
        &[
            "`set`, if the key is absent, without expiry, over an expired value: the answer: expected true, saw false",
        ],
    ),
    (
        Fault::TakesAbsentForEmpty,
        &[
            "`set`, if it starts with ``, without expiry, over nothing: the answer: expected false, saw true",
        ],
    ),
    (
        Fault::FindsPrefixesAnywhere,
        &[
            "`set`, if it starts with `\\xff after`, without expiry, over `lease:1 \\x00 and \\xff after` that was stored without expiry: the answer: expected false, saw true",
        ],
    ),
    (
        Fault::ComparesWholeValues,
        &[
            "`set`, if it starts with `lease:1`, without expiry, over `lease:1 \\x00 and \\xff after` that was stored without expiry: the answer: expected true, saw false",
        ],
    ),
    (
        Fault::TakesBytesForForeign,
        &[
            "`set`, if it is foreign, without expiry, over `lease:1 \\x00 and \\xff after` that was stored without expiry: the answer: expected false, saw true",
        ],
    ),
    (
        Fault::SaysItWroteWhatItRefused,
        &[
            "`set`, if the key is absent, without expiry, over `lease:1 \\x00 and \\xff after` that was stored without expiry: the answer: expected false, saw true",
        ],
    ),
    (
        Fault::SaysItRefusedWhatItWrote,
        &[
            "`set`, if the key is absent, without expiry, over nothing: the answer: expected true, saw false",
        ],
    ),
    (
        Fault::KeepsWhatItOverwrites,
        &["`set`, in any case, without expiry, of ``: `get` afterwards: expected ``"],
    ),
    (
        Fault::WritesBatchesIfAbsent,
        &["`set_many`, without expiry, over nothing: `get` afterwards", "saw `the first of two`"],
    ),
    (
        Fault::ChecksAndThenWrites,
        &["`set` of a lease by 16 at the same time: how many got it: expected 1, saw 16"],
    ),
    (
        Fault::ChecksAndThenDeletes,
        &["`remove_if` by 16 at the same time: how many got it: expected 1, saw 16"],
    ),
    (
        Fault::RemovesOnAnyCondition,
        &[
            "`remove_if`, if the key is absent, over `lease:1 \\x00 and \\xff after` that was stored without expiry: the answer: expected false, saw true",
        ],
    ),
    (
        Fault::RemovesInNoCase,
        &[
            "`remove_if`, in any case, over `lease:1 \\x00 and \\xff after` that was stored without expiry: `get` afterwards: expected nothing",
        ],
    ),
    (
        Fault::SaysItRemovedExpired,
        &["`remove_if`, in any case, over an expired value: the answer: expected false, saw true"],
    ),
    (
        Fault::CountsWhatIsNotThere,
        &[
            "`remove` of an absent key, an expired one, and two that are there: how many were there: expected 2, saw 4",
        ],
    ),
    (
        Fault::CountsNothing,
        &[
            "`remove` of the key \"conformance:key:k\" among others like it: how many were there: expected 1, saw 0",
        ],
    ),
    (
        Fault::CountsTwice,
        &["`remove` of one key that is named twice: how many were there: expected 1, saw 2"],
    ),
    (
        Fault::StampsNothing,
        &[
            "`restamp` of `lease:1` by `lease:2`, over `lease:1 \\x00 and \\xff after` that was stored without expiry: `get` afterwards: expected `lease:2 ",
            "saw `lease:1 ",
        ],
    ),
    (
        Fault::RefusesStamps,
        &[
            "`restamp` of `lease:1` by `lease:2`, over `lease:1 \\x00 and \\xff after` that was stored without expiry: the answer: expected true, saw false",
        ],
    ),
    (
        Fault::StampsLoseTheExpiry,
        &[
            "`restamp` of `lease:1` by `lease:2`, over `lease:1 \\x00 and \\xff after` that was stored for a minute: `time_to_live` afterwards: expected for a minute, saw Endless",
        ],
    ),
    (
        Fault::StampsLoseTheRest,
        &[
            "`restamp` of `lease:1` by `lease:2`, over `lease:1 \\x00 and \\xff after` that was stored without expiry: `get` afterwards",
            "saw `lease:2`",
        ],
    ),
    (
        Fault::StampsWithoutComparing,
        &[
            "`restamp` of `lease:9` by `lease:2`, over `lease:1 \\x00 and \\xff after` that was stored without expiry: the answer: expected false, saw true",
        ],
    ),
    (
        Fault::StampsOfOtherLengths,
        &[
            "`restamp` of `lease:1` by `lease:22`, over `lease:1 \\x00 and \\xff after` that was stored without expiry: the answer: expected false, saw true",
        ],
    ),
    (
        Fault::StampsWhatHasExpired,
        &[
            "`restamp` of `lease:1` by `lease:2`, over an expired value: the answer: expected false, saw true",
        ],
    ),
    (
        Fault::ChecksAndThenStamps,
        &["`restamp` by 16 at the same time: how many got it: expected 1, saw 16"],
    ),
    (Fault::ListsEverything, &["`scan` for conformance:glob:*: the keys: expected 24 of them"]),
    (Fault::ListsOnePage, &["`scan` for ", "the keys: expected ", "without ["]),
    (
        Fault::ListsForEver,
        &[
            "`scan` for conformance:glob:*: whether it ends: expected a last page, saw more after 10000 pages",
        ],
    ),
    (
        Fault::SkipsWhenKeysGo,
        &[
            "`scan` for conformance:scan:* while what it lists is deleted: the keys: expected 0 of them",
        ],
    ),
    (
        Fault::KeepsOneCursor,
        &[
            "`scan` for conformance:scan:1* beside another one: how many keys there are: expected 1111",
        ],
    ),
    (
        Fault::CountsConnections,
        &[
            "`scan` to its end, with nothing lost on the way: `connection` afterwards: expected 1, saw 2",
        ],
    ),
    (
        Fault::KnowsNoSets,
        &["`scan` for conformance:glob:[abc]: the keys: expected 3 of them, saw 0, without"],
    ),
    (Fault::KnowsNoNegation, &["`scan` for conformance:glob:[^9]: the keys"]),
    (
        Fault::KnowsNoRanges,
        &[
            "`scan` for conformance:glob:[a-c]: the keys: expected 3 of them",
            "without [\"conformance:glob:b\"], and with [\"conformance:glob:-\"]",
        ],
    ),
    (
        Fault::KnowsNoReversedRanges,
        &["`scan` for conformance:glob:[c-a]: the keys: expected 3 of them, saw 0"],
    ),
    (Fault::KnowsNoEscapes, &["`scan` for conformance:glob:\\*: the keys: expected 1 of them"]),
    (
        Fault::KnowsNoEscapesInSets,
        &["`scan` for conformance:glob:[\\]]: the keys: expected 1 of them, saw 0"],
    ),
    (
        Fault::QuestionMarkIsACharacter,
        &["`scan` for conformance:glob:?: the keys: expected 12 of them", "é"],
    ),
    (Fault::DoesNotAnswer, &["`ping`: the answer: expected (), saw the error `it is asleep`"]),
];
