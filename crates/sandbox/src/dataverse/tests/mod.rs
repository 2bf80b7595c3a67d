//! Rules of the service, one by one, through the front door.
