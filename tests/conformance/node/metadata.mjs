// Tables, columns, keys, relationships and choices: made, read, changed, used and removed.

import { GUID } from "./environment.mjs";

const CRM = "Microsoft.Dynamics.CRM.";
const label = (text) => ({
  "@odata.type": `${CRM}Label`,
  LocalizedLabels: [{ "@odata.type": `${CRM}LocalizedLabel`, Label: text, LanguageCode: 1033 }],
});
const column = (kind, SchemaName, members = {}) => ({
  "@odata.type": `${CRM}${kind}AttributeMetadata`,
  SchemaName,
  DisplayName: label(SchemaName.split("_")[1]),
  RequiredLevel: { Value: "None" },
  ...members,
});
const option = (Value, text) => ({ Value, Label: label(text) });
const table = (SchemaName, members = {}) => ({
  "@odata.type": `${CRM}EntityMetadata`,
  SchemaName,
  DisplayName: label(SchemaName),
  DisplayCollectionName: label(`${SchemaName}s`),
  OwnershipType: "OrganizationOwned",
  HasActivities: false,
  HasNotes: false,
  IsActivity: false,
  Attributes: [
    column("String", "new_Name", {
      IsPrimaryName: true,
      MaxLength: 100,
      FormatName: { Value: "Text" },
    }),
  ],
  ...members,
});
const entityKey = (name) => `LogicalName='${name}'`;

async function aTableIsMadeAndUsed({ client }, check) {
  const id = await client.createEntity({ data: table("new_Gadget") });
  check.holds("its id", GUID.test(id), id);
  const select = ["LogicalName", "EntitySetName", "PrimaryIdAttribute", "PrimaryNameAttribute"];
  const made = await client.retrieveEntity({ key: id, select });
  check.equal("names", [made.LogicalName, made.EntitySetName], ["new_gadget", "new_gadgets"]);
  const primary = [made.PrimaryIdAttribute, made.PrimaryNameAttribute];
  check.equal("primary columns", primary, ["new_gadgetid", "new_name"]);
  check.equal("unselected members are absent", made.SchemaName, undefined);
  const collection = "new_gadgets";
  const key = await client.create({ collection, data: { new_name: "Torch" } });
  const row = await client.retrieve({ collection, key });
  check.equal("a row", [row.new_name, row.statecode, row.statuscode], ["Torch", 0, 1]);
  await check.refused(
    "the same table again",
    () => client.createEntity({ data: table("new_Gadget") }),
    400,
  );
  const unknown = () => client.retrieveEntity({ key: entityKey("new_nothing") });
  await check.refused("an unknown table", unknown, 404);
}

async function aTableIsChangedAndFound({ client }, check) {
  const entity = await client.retrieveEntity({ key: entityKey("new_gadget") });
  entity.DisplayName = label("Gizmo");
  entity.ChangeTrackingEnabled = true;
  const changed = await client.updateEntity({ data: entity, mergeLabels: true });
  check.equal("changed", changed, true);
  const again = await client.retrieveEntity({
    key: entityKey("new_gadget"),
    select: ["DisplayName", "ChangeTrackingEnabled"],
  });
  check.equal("label", again.DisplayName.UserLocalizedLabel.Label, "Gizmo");
  check.equal("change tracking", again.ChangeTrackingEnabled, true);
  const found = await client.retrieveEntities({
    select: ["LogicalName"],
    filter: "ChangeTrackingEnabled eq true and startswith(LogicalName,'new_')",
  });
  check.equal(
    "found",
    found.value.map((entry) => entry.LogicalName),
    ["new_gadget"],
  );
  const tracked = { collection: "new_gadgets", select: ["new_name"], trackChanges: true };
  check.holds("tracked", (await client.retrieveMultiple(tracked)).oDataDeltaLink);
  const all = await client.retrieveEntities({ select: ["LogicalName", "EntitySetName"] });
  const sets = Object.fromEntries(
    all.value.map((entry) => [entry.LogicalName, entry.EntitySetName]),
  );
  check.equal("sets", [sets.contact, sets.activityparty], ["contacts", "activityparties"]);
}

async function columnsOfAllKinds({ client }, check) {
  const entityKey_ = entityKey("new_gadget");
  const add = (data) => client.createAttribute({ entityKey: entityKey_, data });
  const id = await add(
    column("String", "new_Text", { MaxLength: 5, FormatName: { Value: "Text" } }),
  );
  check.holds("its id", GUID.test(id), id);
  await add(column("Memo", "new_Memo", { MaxLength: 100, Format: "TextArea" }));
  await add(column("Integer", "new_Whole", { Format: "None", MinValue: 1, MaxValue: 9 }));
  await add(column("Decimal", "new_Decimal", { MinValue: 0, MaxValue: 100, Precision: 2 }));
  await add(
    column("Boolean", "new_Flag", {
      DefaultValue: true,
      OptionSet: {
        "@odata.type": `${CRM}BooleanOptionSetMetadata`,
        TrueOption: option(1, "On"),
        FalseOption: option(0, "Off"),
      },
    }),
  );
  await add(
    column("DateTime", "new_Moment", {
      Format: "DateAndTime",
      DateTimeBehavior: { Value: "UserLocal" },
    }),
  );
  await add(
    column("Picklist", "new_Level", {
      OptionSet: {
        "@odata.type": `${CRM}OptionSetMetadata`,
        IsGlobal: false,
        OptionSetType: "Picklist",
        Options: [option(100000000, "Low"), option(100000001, "High")],
      },
    }),
  );
  const collection = "new_gadgets";
  const data = {
    new_name: "All",
    new_text: "12345",
    new_memo: "a\nb",
    new_whole: 9,
    new_decimal: 99.5,
    new_moment: "2026-01-09T10:00:00Z",
    new_level: 100000001,
  };
  const key = await client.create({ collection, data });
  const row = await client.retrieve({ collection, key, includeAnnotations: "*" });
  check.equal("text", [row.new_text, row.new_memo], ["12345", "a\nb"]);
  check.equal("numbers", [row.new_whole, row.new_decimal], [9, 99.5]);
  check.equal("default and label of a flag", [row.new_flag, row.new_flag_Formatted], [true, "On"]);
  check.equal("moment", row.new_moment, new Date("2026-01-09T10:00:00Z"));
  check.equal("choice", [row.new_level, row.new_level_Formatted], [100000001, "High"]);
  const tooLong = () => client.update({ collection, key, data: { new_text: "123456" } });
  await check.refused("too long", tooLong, 400, "0x80044331");
  await check.refused(
    "out of range",
    () => client.update({ collection, key, data: { new_whole: 10 } }),
    400,
  );
  const same = () => add(column("String", "new_Text", { MaxLength: 5 }));
  await check.refused("the same column again", same, 400);
}

async function columnsAreReadAndChanged({ client }, check) {
  const gadget = entityKey("new_gadget");
  const all = await client.retrieveAttributes({ entityKey: gadget, select: ["LogicalName"] });
  const names = all.value.map((entry) => entry.LogicalName);
  check.holds("all", names.includes("new_text") && names.includes("createdon"), names);
  const choices = await client.retrieveAttributes({
    entityKey: gadget,
    castType: `${CRM}PicklistAttributeMetadata`,
    select: ["LogicalName"],
    expand: [{ property: "OptionSet", select: ["Options"] }],
  });
  check.equal(
    "choices",
    choices.value.map((entry) => entry.LogicalName),
    ["new_level"],
  );
  const options = choices.value[0].OptionSet.Options;
  const texts = options.map((entry) => [entry.Value, entry.Label.UserLocalizedLabel.Label]);
  check.equal("options", texts, [
    [100000000, "Low"],
    [100000001, "High"],
  ]);
  const castType = `${CRM}StringAttributeMetadata`;
  const attributeKey = entityKey("new_text");
  const text = await client.retrieveAttribute({ entityKey: gadget, attributeKey, castType });
  check.equal("one", [text.SchemaName, text.MaxLength], ["new_Text", 5]);
  text.MaxLength = 8;
  const changed = await client.updateAttribute({ entityKey: gadget, castType, data: text });
  check.equal("changed", changed, true);
  const key = await client.create({ collection: "new_gadgets", data: { new_text: "12345678" } });
  const row = await client.retrieve({ collection: "new_gadgets", key });
  check.equal("in force", row.new_text, "12345678");
  const missing = { entityKey: gadget, attributeKey: entityKey("new_nothing") };
  await check.refused("an unknown column", () => client.retrieveAttribute(missing), 404);
}

async function statusesCarryTheirState({ client }, check) {
  const request = {
    entityKey: entityKey("phonecall"),
    attributeKey: entityKey("statuscode"),
    castType: `${CRM}StatusAttributeMetadata`,
    expand: [{ property: "OptionSet" }],
  };
  const states = async () => {
    const status = await client.retrieveAttribute(request);
    return status.OptionSet.Options.map((entry) => [entry.Value, entry.State]);
  };
  check.equal("standard statuses", await states(), [
    [1, 0],
    [2, 1],
    [4, 1],
    [3, 2],
  ]);
  const made = await client.callAction({
    actionName: "InsertStatusValue",
    action: {
      EntityLogicalName: "phonecall",
      AttributeLogicalName: "statuscode",
      StateCode: 1,
      Value: 451000001,
      Label: label("Several matches"),
    },
  });
  check.equal("a new one", made.NewOptionValue, 451000001);
  const all = await states();
  check.holds(
    "is read",
    all.some(([value, state]) => value === 451000001 && state === 1),
    all,
  );
  const collection = "phonecalls";
  const key = await client.create({ collection, data: { subject: "New status" } });
  await client.update({ collection, key, data: { statecode: 1, statuscode: 451000001 } });
  const row = await client.retrieve({ collection, key, includeAnnotations: "*" });
  check.equal("and used", row.statuscode_Formatted, "Several matches");
}

async function keysAreMadeAndHold({ client }, check) {
  const data = {
    "@odata.type": `${CRM}EntityKeyMetadata`,
    SchemaName: "new_GadgetKey",
    DisplayName: label("Gadget key"),
    KeyAttributes: ["new_text"],
  };
  const entity = { collection: "EntityDefinitions", key: entityKey("new_gadget") };
  const id = await client.create({ ...entity, navigationProperty: "Keys", data });
  check.holds("its id", GUID.test(id), id);
  const expand = [
    { property: "Keys", select: ["SchemaName", "KeyAttributes", "EntityKeyIndexStatus"] },
  ];
  const found = await client.retrieveEntity({ key: entity.key, select: ["LogicalName"], expand });
  const [key] = found.Keys;
  check.equal("key", [key.SchemaName, key.KeyAttributes], ["new_GadgetKey", ["new_text"]]);
  check.equal("active", key.EntityKeyIndexStatus, "Active");
  const collection = "new_gadgets";
  const upsert = (value) =>
    client.upsert({ collection, key: "new_text='K1'", data: { new_whole: value } });
  const row = await upsert(1);
  check.equal("upserted by key", await upsert(2), row);
  const twice = () => client.create({ collection, data: { new_text: "K1" } });
  await check.refused("held unique", twice, 412, "0x80060892");
  await client.deleteRecord({ ...entity, navigationProperty: "Keys", navigationPropertyKey: id });
  check.holds("deleted: a second row", GUID.test(await twice()));
}

async function aLookupIsMadeAndUsed({ client }, check) {
  const data = {
    "@odata.type": `${CRM}OneToManyRelationshipMetadata`,
    SchemaName: "new_gadget_contact",
    ReferencedEntity: "contact",
    ReferencedAttribute: "contactid",
    ReferencingEntity: "new_gadget",
    CascadeConfiguration: {
      Assign: "NoCascade",
      Delete: "RemoveLink",
      Merge: "NoCascade",
      Reparent: "NoCascade",
      Share: "NoCascade",
      Unshare: "NoCascade",
    },
    AssociatedMenuConfiguration: { Behavior: "DoNotDisplay", Group: "Details", Order: 10000 },
    Lookup: column("Lookup", "new_HolderId"),
  };
  const id = await client.createRelationship({ data });
  check.holds("its id", GUID.test(id), id);
  const castType = `${CRM}OneToManyRelationshipMetadata`;
  const made = await client.retrieveRelationship({ key: id, castType });
  check.equal("column", made.ReferencingAttribute, "new_holderid");
  check.equal("navigation", made.ReferencingEntityNavigationPropertyName, "new_HolderId");
  const holder = await client.create({ collection: "contacts", data: { lastname: "Holder" } });
  const bind = { "new_HolderId@odata.bind": `contacts(${holder})` };
  const key = await client.create({
    collection: "new_gadgets",
    data: { new_name: "Held", ...bind },
  });
  const expand = [{ property: "new_HolderId", select: ["lastname"] }];
  const row = await client.retrieve({ collection: "new_gadgets", key, expand });
  check.equal("expanded", row.new_HolderId.lastname, "Holder");
  const held = await client.retrieve({
    collection: "contacts",
    key: holder,
    select: ["lastname"],
    expand: [{ property: "new_gadget_contact", select: ["new_name"] }],
  });
  check.equal(
    "from the other side",
    held.new_gadget_contact.map((entry) => entry.new_name),
    ["Held"],
  );
  made.CascadeConfiguration.Delete = "Cascade";
  check.equal("changed", await client.updateRelationship({ data: made, castType }), true);
  await client.deleteRecord({ collection: "contacts", key: holder });
  const gone = () => client.retrieve({ collection: "new_gadgets", key });
  await check.refused("deletion now cascades", gone, 404, "0x80040217");
  check.equal("deleted", await client.deleteRelationship({ key: id }), true);
  await check.refused("gone", () => client.retrieveRelationship({ key: id }), 404);
}

async function aManyToManyRelationship({ client }, check) {
  await client.createEntity({ data: table("new_Tag") });
  const data = {
    "@odata.type": `${CRM}ManyToManyRelationshipMetadata`,
    SchemaName: "new_gadget_tag",
    Entity1LogicalName: "new_gadget",
    Entity2LogicalName: "new_tag",
    IntersectEntityName: "new_gadget_tag",
  };
  const id = await client.createRelationship({ data });
  const gadget = await client.create({ collection: "new_gadgets", data: { new_name: "Tagged" } });
  const tag = await client.create({ collection: "new_tags", data: { new_name: "Fine" } });
  const link = {
    collection: "new_gadgets",
    primaryKey: gadget,
    relationshipName: "new_gadget_tag",
    relatedCollection: "new_tags",
    relatedKey: tag,
  };
  await client.associate(link);
  const expand = [{ property: "new_gadget_tag", select: ["new_name"] }];
  const row = async () => client.retrieve({ collection: "new_gadgets", key: gadget, expand });
  check.equal(
    "linked",
    (await row()).new_gadget_tag.map((entry) => entry.new_name),
    ["Fine"],
  );
  await client.disassociate(link);
  check.equal("unlinked", (await row()).new_gadget_tag, []);
  const castType = `${CRM}ManyToManyRelationshipMetadata`;
  const filter = "SchemaName eq 'new_gadget_tag'";
  const found = await client.retrieveRelationships({ castType, filter });
  const kind = `#${CRM}ManyToManyRelationshipMetadata`;
  const shape = found.value.map((entry) => [entry.MetadataId, entry["@odata.type"] ?? kind]);
  check.equal("found", shape, [[id, kind]]);
  check.equal("deleted", await client.deleteRelationship({ key: id }), true);
}

async function globalChoices({ client }, check) {
  const data = {
    "@odata.type": `${CRM}OptionSetMetadata`,
    Name: "new_mood",
    DisplayName: label("Mood"),
    IsGlobal: true,
    OptionSetType: "Picklist",
    Options: [option(100000000, "Glad"), option(100000001, "Sad")],
  };
  const id = await client.createGlobalOptionSet({ data });
  check.holds("its id", GUID.test(id), id);
  const castType = `${CRM}OptionSetMetadata`;
  const made = await client.retrieveGlobalOptionSet({ key: id, castType });
  check.equal(
    "options",
    made.Options.map((entry) => entry.Value),
    [100000000, 100000001],
  );
  const named = await client.retrieveGlobalOptionSet({ key: "Name='new_mood'" });
  check.equal("by name", named.MetadataId, id);
  await client.createAttribute({
    entityKey: entityKey("new_gadget"),
    data: column("Picklist", "new_Mood", {
      "GlobalOptionSet@odata.bind": `/GlobalOptionSetDefinitions(${id})`,
    }),
  });
  const inserted = await client.callAction({
    actionName: "InsertOptionValue",
    action: { OptionSetName: "new_mood", Value: 100000002, Label: label("Calm") },
  });
  check.equal("one more option", inserted.NewOptionValue, 100000002);
  const collection = "new_gadgets";
  const key = await client.create({ collection, data: { new_name: "M", new_mood: 100000002 } });
  const row = await client.retrieve({ collection, key, includeAnnotations: "*" });
  check.equal("used by a column", row.new_mood_Formatted, "Calm");
  const changed = { ...made, DisplayName: label("Temper"), MetadataId: id };
  check.equal(
    "changed",
    await client.updateGlobalOptionSet({ data: changed, mergeLabels: true }),
    true,
  );
  const all = await client.retrieveGlobalOptionSets({ castType, select: ["Name"] });
  check.holds(
    "listed",
    all.value.some((entry) => entry.Name === "new_mood"),
    all.value,
  );
  const own = { ...data, Name: "new_unused" };
  const unused = await client.createGlobalOptionSet({ data: own });
  check.equal("deleted", await client.deleteGlobalOptionSet({ key: unused }), true);
  await check.refused("gone", () => client.retrieveGlobalOptionSet({ key: unused }), 404);
}

async function theModelAsXml({ client }, check) {
  const text = await client.retrieveCsdlMetadata();
  check.holds("an EDMX document", /^(﻿)?<\?xml[^>]*\?>\s*<edmx:Edmx/.test(text), text.slice(0, 80));
  const type = /<EntityType Name="contact"[^]*?<\/EntityType>/.exec(text)?.[0] ?? "";
  check.holds(
    "the key of a table",
    /<PropertyRef Name="contactid"\s*\/>/.test(type),
    type.slice(0, 200),
  );
  check.holds("a column", /<Property Name="lastname" Type="Edm.String"/.test(type));
  const navigation = /<NavigationProperty Name="parentcustomerid_account"[^>]*Type="mscrm.account"/;
  check.holds("a lookup", navigation.test(type));
  check.holds(
    "its set",
    /<EntitySet Name="contacts" EntityType="Microsoft.Dynamics.CRM.contact"/.test(text),
  );
  check.holds("a table made here", /<EntitySet Name="new_gadgets"/.test(text));
  check.holds("balanced", text.trimEnd().endsWith("</edmx:Edmx>"));
}

async function aTableIsDeleted({ client }, check) {
  const { MetadataId } = await client.retrieveEntity({ key: entityKey("new_tag") });
  const gone = await client.deleteRecord({ collection: "EntityDefinitions", key: MetadataId });
  check.equal("deleted", gone, true);
  const rows = () => client.retrieveMultiple({ collection: "new_tags" });
  await check.refused("its rows", rows, 404, "0x8006088a");
}

export default [
  aTableIsMadeAndUsed,
  aTableIsChangedAndFound,
  columnsOfAllKinds,
  columnsAreReadAndChanged,
  statusesCarryTheirState,
  keysAreMadeAndHold,
  aLookupIsMadeAndUsed,
  aManyToManyRelationship,
  globalChoices,
  theModelAsXml,
  aTableIsDeleted,
];
