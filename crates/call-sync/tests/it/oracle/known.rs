//! Where the code is known to read design §3 otherwise than its words, or where its words leave room.
//! Each switch says what worlds and oracle do now, so that both agree with the code; turned, the test
//! shows the difference.

/// A row that carries this CallId counts as this call whatever its number, direction, start or
/// state. Design §3 (Adoption) asks for all conditions of such a row as well, among them that it is
/// not canceled.
pub(crate) const CALL_ID_ALONE_MAKES_A_ROW_COUNT: bool = true;

/// `ev_queuenumber` is the number that was dialled, as Enreach writes it. The design does not say
/// which number it is; beside `ev_queuename` one expects the number of that queue, as E.164.
pub(crate) const QUEUE_NUMBER_IS_THE_NUMBER_DIALLED: bool = true;

/// A row that has neither EndTime nor Duration ended when it began, even if it was answered later.
/// The design only says that such a row counts as ended.
pub(crate) const A_ROW_WITHOUT_END_AND_DURATION_ENDS_AS_IT_BEGINS: bool = true;

/// Worlds hold direct calls of which a window filtered by *Modified* shows some rows and hides others
/// (late marks, the edge of the window). The oracle then expects the whole call to be judged. The
/// code asks for the missing rows only before it would log a call (docs/decisions/0007): a row that
/// alone makes the call too short, unanswered or private skips the whole call.
pub(crate) const CALLS_ARE_TORN: bool = true;
