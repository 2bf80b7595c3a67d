//! Simulators of Enreach Cloud, Dataverse and the Entra token endpoint
