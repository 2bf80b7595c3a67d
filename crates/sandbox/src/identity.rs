//! The fixed identity of the simulated customer (design, section 9). It survives every reset, so
//! that a client configured once stays valid.

use uuid::{Uuid, uuid};

/// Login of the Enreach API user.
pub const ENREACH_USER_NAME: &str = "api.user@contoso.example";
/// Secret key (and password) of the Enreach API user.
pub const ENREACH_SECRET_KEY: &str = "sandbox-secret";
/// Id of the Enreach API user, unless a world brings its own row for that login.
pub const ENREACH_USER_ID: Uuid = uuid!("a91c0ffe-74f9-e911-80e0-00505689257e");
/// The Enreach organisation.
pub const ENREACH_ORGANIZATION_ID: Uuid = uuid!("c0ffee00-74f9-e911-80e0-00505689257e");

/// The Entra tenant.
pub const ENTRA_TENANT_ID: Uuid = uuid!("11111111-1111-1111-1111-111111111111");
/// The application registration in the tenant.
pub const ENTRA_CLIENT_ID: Uuid = uuid!("22222222-2222-2222-2222-222222222222");
/// The application's secret.
pub const ENTRA_CLIENT_SECRET: &str = "sandbox-secret";

/// The Dataverse organisation.
pub const ORGANIZATION_ID: Uuid = uuid!("33333333-3333-3333-3333-333333333333");
/// The organisation's root business unit.
pub const BUSINESS_UNIT_ID: Uuid = uuid!("44444444-4444-4444-4444-444444444444");
/// The application user: the `systemuser` that stands for [`ENTRA_CLIENT_ID`].
pub const APPLICATION_USER_ID: Uuid = uuid!("55555555-5555-5555-5555-555555555555");
/// The application user's security role, "Voice ApiUser".
pub const APPLICATION_ROLE_ID: Uuid = uuid!("66666666-6666-6666-6666-666666666666");
/// Name of that role.
pub const APPLICATION_ROLE_NAME: &str = "Voice ApiUser";
