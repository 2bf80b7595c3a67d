//! Client for the Microsoft Dataverse Web API
