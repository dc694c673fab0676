// What `pac pcf` generates from ControlManifest.Input.xml.
export interface IInputs {
  leadId: ComponentFramework.PropertyTypes.StringProperty;
  source: ComponentFramework.PropertyTypes.StringProperty;
  visits: ComponentFramework.PropertyTypes.WholeNumberProperty;
  service: ComponentFramework.PropertyTypes.StringProperty;
  publishedKey: ComponentFramework.PropertyTypes.StringProperty;
}
export interface IOutputs {}
